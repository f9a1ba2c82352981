// What a choice is about: all ResourceInterfaces, the Connectors that it names and their classes.
import { isTrue } from '../connector/condition.ts'
import type { Connector } from '../connector/connector.ts'
import type { ConnectorClass } from '../connector/connector-class.ts'
import { type ObjectKey, objectKey } from '../connector/object.ts'
import type { KubeClient } from '../kube/client/client.ts'
import type { KubeObject } from '../kube/object/objects.ts'
import { connectorClasses, connectors, resourceInterfaces } from '../kube/object/resources.ts'
import type { FoundProblem } from './problems.ts'

/** What does not exist is left out. */
export type Catalog = {
  readonly interfaces: readonly KubeObject[]
  readonly connectors: readonly Connector[]
  readonly classes: readonly ConnectorClass[]
}

/** Of a choice that is about nothing. */
export const emptyCatalog: Catalog = { interfaces: [], connectors: [], classes: [] }

export async function readCatalog(client: KubeClient, keys: readonly ObjectKey[]): Promise<Catalog> {
  const [{ items }, found] = await Promise.all([
    client.list(resourceInterfaces),
    Promise.all(keys.map(key => client.find(connectors, key))),
  ])
  const existing = found.filter(connector => connector !== undefined)
  const names = new Set(existing.flatMap(({ spec }) => spec.connectorClassName ?? []))
  const classes = await Promise.all([...names].map(name => client.find(connectorClasses, { name })))
  return { interfaces: items, connectors: existing, classes: classes.filter(item => item !== undefined) }
}

/** Connectors that no volume can be mounted for as they are. */
export function unreadyConnectors({ connectors }: Catalog): readonly FoundProblem[] {
  return connectors.flatMap(({ metadata, status }) => {
    if (isTrue(status?.conditions, 'Ready')) return []
    const ready = status?.conditions?.find(({ type }) => type === 'Ready')
    const why = ready === undefined ? 'it has not been checked yet' : `${ready.reason}: ${ready.message}`
    const field = `connectors[${objectKey(metadata)}]`
    return [{ field, reason: 'ConnectorNotReady', message: `is not Ready: ${why}` }]
  })
}
