// Keeps the status of ConnectorClasses, by where their links lead. A key is a name.
import { readyFields } from '../../connector/condition.ts'
import { objectKey } from '../../connector/object.ts'
import { connectors } from '../../kube/object/resources.ts'
import { createQueue } from '../../kube/work/queue.ts'
import { type KindContext, type KindController, timestamp } from '../kind-controller.ts'
import { applyConnectorClass } from './apply.ts'
import { decideConnectorClass } from './decide.ts'
import { classOfOwner, classOwner, observeConnectorClass } from './observe.ts'
import { ruleChangeEvent } from './rule-change.ts'

export function createConnectorClassController(context: KindContext): KindController {
  const { config, clock, log, events, watches, results } = context
  const { systemNamespace } = config.proxy
  const queue = createQueue({ clock, maxBackoffMs: config.probeIntervalMs })
  const sources = { results, systemNamespace, ...watches }

  watches.connectorClasses.onChange(({ object, previous, type }) => {
    queue.add(object.metadata.name)
    const event = type === 'updated' ? ruleChangeEvent(previous, object) : undefined
    if (event === undefined) return
    for (const connector of watches.connectors.byIndex('class', object.metadata.name)) {
      events.record({ ...event, resource: connectors, object: connector })
    }
  })
  watches.services.onChange(({ object }) => {
    for (const { metadata } of watches.connectorClasses.byIndex('service', objectKey(object.metadata))) {
      queue.add(metadata.name)
    }
  })

  return {
    kind: 'connectorClass',
    queue,
    async reconcile(name, { signal }) {
      const observed = await observeConnectorClass(name, sources, { signal })
      if (observed === undefined) {
        results.setChecks(classOwner(name), [])
        return undefined
      }
      const decision = decideConnectorClass(observed, { systemNamespace, now: timestamp(clock) })
      const written = await applyConnectorClass(observed.connectorClass, decision, { ...context, signal })
      if (written) log.info('connector class updated', { class: name, ...readyFields(decision.status) })
      return undefined
    },
    onAnswer(owner) {
      const name = classOfOwner(owner)
      if (name !== undefined) queue.add(name)
    },
  }
}
