// Whom a change concerns: from a watched object to the keys to look at again, and only those.
import { type Connector, credentialSecretName } from '../connector/connector.ts'
import { objectKey } from '../connector/object.ts'
import type { EventRecorder } from '../kube/event-recorder.ts'
import { refKey } from '../kube/objects.ts'
import { createQueue, type Queue } from '../kube/queue.ts'
import {
  connectorClasses,
  connectors as connectorsResource,
  type Resource,
  resourceInterfaces,
} from '../kube/resources.ts'
import type { Clock } from '../runtime/clock.ts'
import { type Builtins, builtinKey } from './builtins/read.ts'
import { classOfOwner } from './connector-class/observe.ts'
import { ruleChangeEvent } from './connector-class/rule-change.ts'
import { projectLabel } from './scope-grants/observe.ts'
import type { Watches } from './watches.ts'

export type Queues = {
  /** What `builtinKey` makes of them. */
  readonly builtins: Queue
  /** `namespace/name` */
  readonly connectors: Queue
  readonly connectorClasses: Queue
  /** Names of namespaces. */
  readonly scopes: Queue
}

export function createQueues({
  clock,
  maxBackoffMs,
}: {
  readonly clock: Clock
  readonly maxBackoffMs: number
}): Queues {
  return {
    builtins: createQueue({ clock, maxBackoffMs: 60_000 }),
    connectors: createQueue({ clock, maxBackoffMs }),
    connectorClasses: createQueue({ clock, maxBackoffMs }),
    scopes: createQueue({ clock, maxBackoffMs }),
  }
}

export function routeChanges(
  watches: Watches,
  queues: Queues,
  {
    events,
    builtins,
  }: { readonly events: Pick<EventRecorder, 'record'>; readonly builtins: Pick<Builtins, 'has'> },
): void {
  const addBuiltin = (resource: Resource<unknown>, name: string) => {
    const key = builtinKey(resource, name)
    if (builtins.has(key)) queues.builtins.add(key)
  }
  const addConnectors = (index: string, value: string) => {
    for (const connector of watches.connectors.byIndex(index, value)) {
      queues.connectors.add(objectKey(connector.metadata))
    }
  }

  watches.connectors.onChange(({ type, object, previous }) => {
    queues.connectors.add(objectKey(object.metadata))
    if (type !== 'updated') queues.scopes.add(object.metadata.namespace)
    if (previous !== undefined) forgetSecret(watches, previous)
  })

  watches.connectorClasses.onChange(({ object, previous, type }) => {
    const { name } = object.metadata
    addBuiltin(connectorClasses, name)
    queues.connectorClasses.add(name)
    addConnectors('class', name)
    const event = type === 'updated' ? ruleChangeEvent(previous, object) : undefined
    if (event === undefined) return
    for (const connector of watches.connectors.byIndex('class', name)) {
      events.record({ ...event, resource: connectorsResource, object: connector })
    }
  })

  watches.resourceInterfaces.onChange(({ object }) => addBuiltin(resourceInterfaces, object.metadata.name))

  watches.services.onChange(({ object }) => {
    const key = objectKey(object.metadata)
    addConnectors('service', key)
    for (const { metadata } of watches.connectorClasses.byIndex('service', key)) {
      queues.connectorClasses.add(metadata.name)
    }
  })

  watches.namespaces.onChange(({ object, previous }) => {
    queues.scopes.add(object.metadata.name)
    const projects = [object, previous].flatMap(namespace => namespace?.metadata.labels?.[projectLabel] ?? [])
    for (const project of projects) {
      for (const inner of watches.namespaces.byIndex('inner', project)) queues.scopes.add(inner.metadata.name)
    }
  })

  for (const grants of [watches.roles, watches.roleBindings]) {
    grants.onChange(({ object }) => queues.scopes.add(object.metadata.namespace ?? ''))
  }
}

/** The Connectors that name a Secret (`namespace/name`) that came, changed or went. */
export function routeSecret(watches: Watches, queues: Queues, key: string): void {
  for (const { metadata } of watches.connectors.byIndex('secret', key)) {
    queues.connectors.add(objectKey(metadata))
  }
}

/** The owner of a check that was answered. */
export function routeAnswer(queues: Queues, owner: string): void {
  const className = classOfOwner(owner)
  if (className === undefined) queues.connectors.add(owner)
  else queues.connectorClasses.add(className)
}

/** What a Connector named before and no Connector names now is dropped. */
function forgetSecret(watches: Watches, { metadata, spec }: Connector): void {
  const name = credentialSecretName({ metadata, spec })
  if (name === undefined) return
  const ref = { namespace: metadata.namespace, name }
  if (watches.connectors.byIndex('secret', refKey(ref)).length === 0) watches.secrets.forget(ref)
}
