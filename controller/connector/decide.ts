// decide: what a Connector's status is and what there is to do about it. Pure. Spec: resources.md, "Connector.status".
import { apiPath } from '../../connector/address.ts'
import {
  addressConflict,
  type Condition,
  conditionsFromFindings,
  type Finding,
  readyFinding,
} from '../../connector/condition.ts'
import type { Connector, ConnectorStatus } from '../../connector/connector.ts'
import type { ConnectorClass } from '../../connector/connector-class.ts'
import { formatProblems, validateConnector } from '../../connector/validate.ts'
import type { DecidedEvent } from '../decided-event.ts'
import type { ObservedConnector } from './observe.ts'
import { decideProbes } from './probe-finding.ts'
import type { ProbePlan } from './probe-plan.ts'
import { decideProxyService, type ProxySettings } from './proxy-service.ts'
import { decideSecret, secretRefField } from './secret-finding.ts'
import type { ServiceAction } from './stand-in.ts'

const classLabel = 'connectors.alauda.io/connectorclass'
const labelValue = /^(?=.{1,63}$)[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/

export type ConnectorDecision = {
  readonly status: ConnectorStatus
  /** To be on the Connector's metadata, besides what is there. */
  readonly labels: Readonly<Record<string, string>>
  readonly service: ServiceAction | undefined
  /** The probes that the Connector has now; those of before end. */
  readonly probes: readonly ProbePlan[]
  readonly events: readonly DecidedEvent[]
}

export type DecideOptions = {
  readonly proxy: ProxySettings
  /** RFC 3339, in seconds as the API writes times. */
  readonly now: string
}

export function decideConnector(observed: ObservedConnector, options: DecideOptions): ConnectorDecision {
  const { connector } = observed
  const classFinding = decideClass(connector, observed.connectorClass)
  const connectorClass = classFinding.status === 'blocked' ? undefined : observed.connectorClass
  const usable = { ...observed, connectorClass, blocked: classFinding.finding }

  const secret = decideSecret(usable)
  const { liveness, auth, plans } = decideProbes(usable, secret)
  const blocked = classFinding.status === 'blocked' ? classFinding.finding : undefined
  const proxy = decideProxyService({ ...observed, blocked }, options.proxy)
  const required = [classFinding.finding, secret.finding, liveness, auth, proxy.finding]
  const before = connector.status?.conditions
  const findings = [...required, readyFinding(required)].map(finding => withProbeTime(finding, connector))
  const conditions = conditionsFromFindings(findings, before, options.now)
  return {
    status: statusOf(connector, { conditions, proxyUrl: proxy.url }),
    labels: labelsOf(connector),
    service: proxy.action,
    probes: plans,
    events: [...readyEvents(before, conditions), ...conflictEvents(before, conditions)],
  }
}

type ClassFinding = {
  /** `blocked`: there is no class to check the Connector against, or the Connector does not fit it. */
  readonly status: 'blocked' | 'usable'
  readonly finding: Finding
}

function decideClass(connector: Connector, connectorClass: ConnectorClass | undefined): ClassFinding {
  const type = 'ConnectorClassReady'
  const name = connector.spec.connectorClassName
  const blocked = (reason: string, message: string): ClassFinding => ({
    status: 'blocked',
    finding: { type, status: 'False', reason, message },
  })
  if (name === undefined || name === '') {
    return blocked('ConnectorInvalid', 'spec.connectorClassName is required')
  }
  if (connectorClass === undefined) {
    return blocked('ConnectorClassNotFound', `connectorclass.connectors.alauda.io "${name}" not found`)
  }
  // A missing reference has a condition of its own.
  const problems = validateConnector(connector, connectorClass).filter(
    ({ field }) => field !== secretRefField,
  )
  if (problems.length > 0) return blocked('ConnectorInvalid', formatProblems(problems))

  const ready = connectorClass.status?.conditions?.find(condition => condition.type === 'Ready')
  if (ready?.status === 'True') {
    return { status: 'usable', finding: { type, status: 'True', reason: 'Ready', message: '' } }
  }
  const why = ready === undefined ? 'it has not been checked yet' : `${ready.reason}: ${ready.message}`
  return {
    status: 'usable',
    finding: {
      type,
      status: ready?.status ?? 'Unknown',
      reason: 'ConnectorClassNotReady',
      message: `connectorclass.connectors.alauda.io "${name}" is not ready: ${why}`,
    },
  }
}

/**
 * A probe's time is that of the probe that found what the condition says, or of the first after a change of the
 * Connector: a later probe that finds the same is no news, and at rest nothing is written.
 */
function withProbeTime(finding: Finding, connector: Connector): Finding {
  if (finding.lastProbeTime === undefined) return finding
  const { status, metadata } = connector
  const before = status?.conditions?.find(condition => condition.type === finding.type)
  const same =
    status?.observedGeneration === metadata.generation &&
    before?.status === finding.status &&
    before.reason === finding.reason &&
    before.message === finding.message
  return same && before.lastProbeTime !== undefined
    ? { ...finding, lastProbeTime: before.lastProbeTime }
    : finding
}

function statusOf(
  connector: Connector,
  found: { readonly conditions: readonly Condition[]; readonly proxyUrl: string | undefined },
): ConnectorStatus {
  const { proxy: _, ...kept } = connector.status ?? {}
  const { generation, namespace, name } = connector.metadata
  return {
    ...kept,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    conditions: found.conditions,
    ...(found.proxyUrl === undefined ? {} : { proxy: { httpAddress: { url: found.proxyUrl } } }),
    api: { path: apiPath({ namespace, name }) },
  }
}

function labelsOf(connector: Connector): Readonly<Record<string, string>> {
  const name = connector.spec.connectorClassName ?? ''
  // What is no label value is no class's name, or one of more than 63 characters; the label would be refused and
  // with it all that the status has to say.
  return labelValue.test(name) ? { [classLabel]: name } : {}
}

/** One event for each new answer to whether the Connector is Ready. */
function readyEvents(
  before: readonly Condition[] | undefined,
  after: readonly Condition[],
): readonly DecidedEvent[] {
  const was = before?.find(condition => condition.type === 'Ready')
  const is = after.find(condition => condition.type === 'Ready')
  if (is === undefined || is.status === 'Unknown') return []
  if (was?.status === is.status && was.reason === is.reason) return []
  return is.status === 'True'
    ? [{ type: 'Normal', reason: 'Ready', message: 'The Connector is ready' }]
    : [{ type: 'Warning', reason: is.reason, message: is.message }]
}

/** Somebody may be catching what is meant for the proxy: that is told also where another reason stands before it. */
function conflictEvents(
  before: readonly Condition[] | undefined,
  after: readonly Condition[],
): readonly DecidedEvent[] {
  const conflict = addressConflict(after)
  if (conflict === undefined || addressConflict(before) !== undefined) return []
  const ready = after.find(({ type }) => type === 'Ready')
  // Then a new readiness tells it.
  if (ready?.reason === conflict.reason) return []
  return [{ type: 'Warning', reason: conflict.reason, message: conflict.message }]
}
