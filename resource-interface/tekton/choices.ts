// What the maker of a run chose. It may come from a form or a request, so it is read like anything from outside.
import { isFields } from '../reader.ts'
import type { ConnectorRef } from './annotation.ts'
import type { IntegrationChoice } from './choose.ts'
import { fieldOf, textOf } from './json.ts'
import type { RunProblem } from './run-problem.ts'

export type RunChoices = {
  /** By the name of the integration. */
  readonly integrations?: Readonly<Record<string, IntegrationChoice>>
  /** For params of the Task or Pipeline itself. */
  readonly params?: Readonly<Record<string, unknown>>
  /** For workspaces of the Task or Pipeline itself: WorkspaceBindings without name. */
  readonly workspaces?: Readonly<Record<string, unknown>>
}

export function readChoices(value: unknown): {
  readonly choices: Required<RunChoices>
  readonly problems: readonly RunProblem[]
} {
  const problems: RunProblem[] = []
  const map = (from: unknown, key: string, field: string): Readonly<Record<string, unknown>> => {
    const found = fieldOf(from, key) ?? {}
    if (isFields(found)) return found
    problems.push(wrong(field, 'an object'))
    return {}
  }
  const entries = Object.entries(map(value, 'integrations', 'integrations')).map(([name, choice]) => {
    const field = `integrations[${name}]`
    if (!isFields(choice)) problems.push(wrong(field, 'an object'))
    const connectors = fieldOf(choice, 'connectors') ?? []
    if (!Array.isArray(connectors)) problems.push(wrong(`${field}.connectors`, 'a list'))
    const refs = (Array.isArray(connectors) ? connectors : []).flatMap((item, index): ConnectorRef[] => {
      const connector = textOf(fieldOf(item, 'name'))
      const namespace = fieldOf(item, 'namespace') ?? undefined
      if (connector !== undefined && (namespace === undefined || typeof namespace === 'string')) {
        return [
          { name: connector, ...(textOf(namespace) === undefined ? {} : { namespace: String(namespace) }) },
        ]
      }
      problems.push(
        wrong(`${field}.connectors[${index}]`, 'an object with a name, and a namespace if need be'),
      )
      return []
    })
    return [name, { connectors: refs, params: map(choice, 'params', `${field}.params`) }] as const
  })
  const choices = {
    integrations: Object.fromEntries(entries),
    params: map(value, 'params', 'params'),
    workspaces: map(value, 'workspaces', 'workspaces'),
  }
  return { choices, problems }
}

function wrong(field: string, what: string): RunProblem {
  return { field, reason: 'InvalidType', message: `must be ${what}` }
}
