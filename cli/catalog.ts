// What a choice is about: all ResourceInterfaces, the Connectors that it names and their classes.
import type { Connector } from '../connector/connector.ts'
import type { ConnectorClass } from '../connector/connector-class.ts'
import type { ObjectKey } from '../connector/object.ts'
import type { KubeClient } from '../kube/client.ts'
import type { KubeObject } from '../kube/objects.ts'
import { connectorClasses, connectors, resourceInterfaces } from '../kube/resources.ts'

/** What does not exist is left out. */
export type Catalog = {
  readonly interfaces: readonly KubeObject[]
  readonly connectors: readonly Connector[]
  readonly classes: readonly ConnectorClass[]
}

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
