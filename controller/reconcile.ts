// reconcile: one key, observed, decided and applied. One line in the log for each outcome that changed something.
import type { Condition } from '../connector/condition.ts'
import { hasCode, isNamespaceEnding } from '../kube/api-error.ts'
import type { KubeClient } from '../kube/client.ts'
import type { EventRecorder } from '../kube/event-recorder.ts'
import type { Handled, Queue } from '../kube/queue.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { aborted } from '../runtime/shutdown.ts'
import { applyBuiltin } from './builtins/apply.ts'
import { type Applied, decideBuiltin, judgeApplied } from './builtins/decide.ts'
import { observeBuiltin } from './builtins/observe.ts'
import type { Builtins } from './builtins/read.ts'
import type { CheckResults } from './check-results.ts'
import type { ControllerConfig } from './config.ts'
import { applyConnector, applyProxyService } from './connector/apply.ts'
import { decideConnector } from './connector/decide.ts'
import { observeConnector } from './connector/observe.ts'
import { applyConnectorClass } from './connector-class/apply.ts'
import { decideConnectorClass } from './connector-class/decide.ts'
import { classOwner, observeConnectorClass } from './connector-class/observe.ts'
import type { Queues } from './route-changes.ts'
import { applyGrants } from './scope-grants/apply.ts'
import { decideScope } from './scope-grants/decide.ts'
import { observeScope } from './scope-grants/observe.ts'
import type { SendCheck } from './send-check.ts'
import { parseKey, type Watches } from './watches.ts'

export type ReconcileOptions = {
  readonly config: ControllerConfig
  readonly client: KubeClient
  readonly clock: Clock
  readonly log: Log
  readonly events: Pick<EventRecorder, 'record'>
  readonly watches: Watches
  readonly builtins: Builtins
  readonly results: CheckResults
  readonly sendCheck: SendCheck
}

/** Until it is asked again whether a built-in object is there. */
const unknownMs = 500

type Reconcile = (key: string, options: { readonly signal: AbortSignal }) => Promise<Handled>

export type Reconcilers = Readonly<Record<'builtin' | 'connector' | 'connectorClass' | 'scope', Reconcile>>

export function createReconcilers(options: ReconcileOptions): Reconcilers {
  const { config, client, clock, log, events, watches, results, builtins } = options
  const now = () => `${new Date(clock.now()).toISOString().slice(0, 19)}Z`
  const appliedBuiltins = new Map<string, Applied>()
  const sources = { client, results, builtins, applied: appliedBuiltins, ...watches }

  return {
    async builtin(key, { signal }) {
      const observed = observeBuiltin(key, sources)
      if (observed === undefined) return { againMs: unknownMs }
      const decision = decideBuiltin(observed, { nowMs: clock.monotonicMs() })
      if (decision.verb === 'leave') return undefined
      if (decision.verb === 'wait') return { againMs: decision.ms }
      const object = await applyBuiltin(observed, { client, signal })
      const outcome = judgeApplied(observed, object, { nowMs: clock.monotonicMs() })
      appliedBuiltins.set(key, outcome.applied)
      const { resource } = observed.shipped
      for (const event of outcome.events) events.record({ ...event, resource, object })
      if (outcome.isTold) log.info('builtin applied', { builtin: key, fields: outcome.fields })
      return undefined
    },

    async connector(key, { signal }) {
      const observed = await observeConnector(parseKey(key), sources, { signal })
      if (observed === undefined) {
        results.want(key, [])
        return undefined
      }
      const settings = { proxy: config.proxy, now: now() }
      const first = decideConnector(observed, settings)
      const refusal = await applyProxyService(first.service, { client, signal })
      const decision = refusal
        ? decideConnector({ ...observed, serviceRefusal: refusal.message }, settings)
        : first
      const written = await applyConnector(observed.connector, decision, { ...options, signal })
      if (written || decision.service) {
        log.info('connector updated', { connector: key, ...readyFields(decision.status) })
      }
      if (refusal) throw refusal
      // A Secret of another type is not watched; its end is found by looking again.
      const unsettled = observed.secret === undefined || decision.probes.length === 0
      return unsettled ? { againMs: config.probeIntervalMs } : undefined
    },

    async connectorClass(name, { signal }) {
      const { systemNamespace } = config.proxy
      const observed = await observeConnectorClass(name, { ...sources, systemNamespace }, { signal })
      if (observed === undefined) {
        results.want(classOwner(name), [])
        return undefined
      }
      const decision = decideConnectorClass(observed, { systemNamespace, now: now() })
      const written = await applyConnectorClass(observed.connectorClass, decision, { ...options, signal })
      if (written) log.info('connector class updated', { class: name, ...readyFields(decision.status) })
      return undefined
    },

    async scope(namespace, { signal }) {
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

function readyFields({ conditions }: { readonly conditions?: readonly Condition[] }) {
  const ready = conditions?.find(condition => condition.type === 'Ready')
  return { ready: ready?.status, reason: ready?.reason }
}

export type RunReconcilersOptions = {
  readonly log: Log
  readonly signal: AbortSignal
  /** Nothing is decided before the objects are known. */
  readonly after: Promise<void>
}

const workers = 8

/** Handles what the queues hold until `signal` is aborted. */
export async function runReconcilers(
  reconcilers: Reconcilers,
  queues: Queues,
  { log, signal, after }: RunReconcilersOptions,
): Promise<void> {
  await Promise.race([after, aborted(signal)])
  const run = (queue: Queue, kind: keyof Reconcilers) =>
    queue.run({
      workers,
      signal,
      handle: reconcilers[kind],
      onError({ key, error, retryMs }) {
        // Somebody else wrote first: the news is on its way, and nothing is wrong.
        if (hasCode(error, 'CONFLICT') || isNamespaceEnding(error)) return
        log.warn('cannot reconcile', { kind, key, retryMs: Math.round(retryMs), error })
      },
    })
  await Promise.all([
    run(queues.builtins, 'builtin'),
    run(queues.connectors, 'connector'),
    run(queues.connectorClasses, 'connectorClass'),
    run(queues.scopes, 'scope'),
  ])
}
