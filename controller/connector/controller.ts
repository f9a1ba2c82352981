// Keeps Connectors: their status, labels, probes and the Service by which they are reached. A key is `namespace/name`.
import { readyFields } from '../../connector/condition.ts'
import { type Connector, credentialSecretName } from '../../connector/connector.ts'
import { objectKey } from '../../connector/object.ts'
import { refKey } from '../../kube/object/objects.ts'
import { createQueue } from '../../kube/work/queue.ts'
import { classOfOwner } from '../connector-class/observe.ts'
import { type KindContext, type KindController, timestamp } from '../kind-controller.ts'
import { parseKey, type Watches } from '../watches.ts'
import { applyConnector } from './apply.ts'
import { decideConnector } from './decide.ts'
import { observeConnector } from './observe.ts'
import { ServiceRefusals } from './service-refusals.ts'

export function createConnectorController(context: KindContext): KindController {
  const { config, client, clock, log, watches, results } = context
  const queue = createQueue({ clock, maxBackoffMs: config.probeIntervalMs })
  const refusals = new ServiceRefusals({ clock, maxRetryMs: config.probeIntervalMs })
  const sources = { client, results, refusals, ...watches }

  function addAll(index: string, value: string): void {
    for (const { metadata } of watches.connectors.byIndex(index, value)) queue.add(objectKey(metadata))
  }
  watches.connectors.onChange(({ object, previous }) => {
    queue.add(objectKey(object.metadata))
    if (previous !== undefined) forgetSecret(watches, previous)
  })
  watches.connectorClasses.onChange(({ object }) => addAll('class', object.metadata.name))
  watches.services.onChange(({ object }) => addAll('service', objectKey(object.metadata)))
  watches.secrets.onChange(({ object }) => addAll('secret', objectKey(object.metadata)))

  return {
    kind: 'connector',
    queue,
    async reconcile(key, { signal }) {
      const observed = await observeConnector(parseKey(key), sources, { signal })
      if (observed === undefined) {
        results.setChecks(key, [])
        refusals.forget(key)
        return undefined
      }
      const decision = decideConnector(observed, { proxy: config.proxy, now: timestamp(clock) })
      const { written, refusal } = await applyConnector(observed.connector, decision, { ...context, signal })
      if (refusal !== undefined) {
        log.warn('service refused', { connector: key, error: refusal })
        refusals.add(key, refusal.message)
        // The next decision tells it.
        return { againMs: 0 }
      }
      if (decision.service !== undefined) refusals.forget(key)
      if (written || decision.service !== undefined) {
        log.info('connector updated', { connector: key, ...readyFields(decision.status) })
      }
      const retryMs = refusals.retryMs(key)
      if (retryMs !== undefined) return { againMs: retryMs }
      // A Secret of another type is not watched; its end is found by looking again.
      const unsettled = observed.secret === undefined || decision.probes.length === 0
      return unsettled ? { againMs: config.probeIntervalMs } : undefined
    },
    onAnswer(owner) {
      if (classOfOwner(owner) === undefined) queue.add(owner)
    },
  }
}

/** What a Connector named before and no Connector names now is dropped. */
function forgetSecret(watches: Watches, { metadata, spec }: Connector): void {
  const name = credentialSecretName({ metadata, spec })
  if (name === undefined) return
  const ref = { namespace: metadata.namespace, name }
  if (watches.connectors.byIndex('secret', refKey(ref)).length === 0) watches.secrets.forget(ref)
}
