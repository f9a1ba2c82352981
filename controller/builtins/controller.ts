// Keeps the classes and interfaces that come with the installation as they are shipped. A key is what `builtinKey` makes
// of one.
import { connectorClasses, type Resource, resourceInterfaces } from '../../kube/object/resources.ts'
import { createQueue } from '../../kube/work/queue.ts'
import type { KindContext, KindController } from '../kind-controller.ts'
import { applyBuiltin } from './apply.ts'
import { type Applied, decideBuiltin, judgeApplied } from './decide.ts'
import { observeBuiltin } from './observe.ts'
import { builtinKey } from './read.ts'

const maxBackoffMs = 60_000
/** Until it is asked again whether a built-in object is there. */
const unknownMs = 500

export function createBuiltinsController(context: KindContext): KindController {
  const { client, clock, log, events, watches, builtins } = context
  const queue = createQueue({ clock, maxBackoffMs })
  const applied = new Map<string, Applied>()
  const sources = { builtins, applied, ...watches }

  function add(resource: Resource<unknown>, name: string): void {
    const key = builtinKey(resource, name)
    if (builtins.has(key)) queue.add(key)
  }
  watches.connectorClasses.onChange(({ object }) => add(connectorClasses, object.metadata.name))
  watches.resourceInterfaces.onChange(({ object }) => add(resourceInterfaces, object.metadata.name))

  return {
    kind: 'builtin',
    queue,
    async reconcile(key, { signal }) {
      const observed = observeBuiltin(key, sources)
      if (observed === undefined) return { againMs: unknownMs }
      const decision = decideBuiltin(observed, { nowMs: clock.monotonicMs() })
      if (decision.verb === 'leave') return undefined
      if (decision.verb === 'wait') return { againMs: decision.ms }
      const object = await applyBuiltin(observed, { client, signal })
      const outcome = judgeApplied(observed, object, { nowMs: clock.monotonicMs() })
      applied.set(key, outcome.applied)
      const { resource } = observed.shipped
      for (const event of outcome.events) events.record({ ...event, resource, object })
      if (outcome.isTold) log.info('builtin applied', { builtin: key, fields: outcome.fields })
      return undefined
    },
    // Those that are not there, and what another leader may have left undone.
    begin() {
      for (const key of builtins.keys()) queue.add(key)
    },
  }
}
