// Which of a class's rules changed that decide where its Connectors' credentials may go. Spec: resources.md, "Trust".
import { isDeepStrictEqual } from 'node:util'
import type { ConnectorClass } from '../../connector/connector-class.ts'
import type { DecidedEvent } from '../decided-event.ts'

const rules = ['address', 'addressExtensions', 'api', 'proxy'] as const

/** The event for each Connector of the class, or undefined. */
export function ruleChangeEvent(before: ConnectorClass, after: ConnectorClass): DecidedEvent | undefined {
  const changed = rules.filter(rule => !isDeepStrictEqual(before.spec[rule], after.spec[rule]))
  if (changed.length === 0) return undefined
  const fields = changed.map(rule => `spec.${rule}`).join(', ')
  const message = `ConnectorClass "${after.metadata.name}" changed where credentials may go: ${fields}`
  return { type: 'Normal', reason: 'ConnectorClassRulesChanged', message }
}
