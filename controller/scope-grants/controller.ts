// Keeps the grants of a namespace that holds Connectors. A key is the name of a namespace.
import { createQueue } from '../../kube/work/queue.ts'
import type { KindContext, KindController } from '../kind-controller.ts'
import { applyGrants } from './apply.ts'
import { decideScope } from './decide.ts'
import { observeScope, projectLabel } from './observe.ts'

export function createScopeGrantsController(context: KindContext): KindController {
  const { config, client, clock, log, watches } = context
  const queue = createQueue({ clock, maxBackoffMs: config.probeIntervalMs })
  const sources = { client, ...watches }

  watches.connectors.onChange(({ type, object }) => {
    if (type !== 'updated') queue.add(object.metadata.namespace)
  })
  watches.namespaces.onChange(({ object, previous }) => {
    queue.add(object.metadata.name)
    const projects = [object, previous].flatMap(namespace => namespace?.metadata.labels?.[projectLabel] ?? [])
    for (const project of projects) {
      for (const inner of watches.namespaces.byIndex('inner', project)) queue.add(inner.metadata.name)
    }
  })
  for (const grants of [watches.roles, watches.roleBindings]) {
    grants.onChange(({ object }) => queue.add(object.metadata.namespace ?? ''))
  }

  return {
    kind: 'scope',
    queue,
    async reconcile(namespace, { signal }) {
      const observed = await observeScope(namespace, sources, { signal })
      if (observed === undefined) return undefined
      const { actions, isTaken } = decideScope(observed, { enabled: config.scopeGrants })
      await applyGrants(actions, { client, signal })
      if (actions.length > 0) log.info('scope grants updated', { namespace, writes: actions.length })
      if (isTaken) log.warn('scope grants left out: the name is taken', { namespace })
      return undefined
    },
  }
}
