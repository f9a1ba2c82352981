// LivenessReady and AuthReady: from the probes' last answers, or why they cannot be asked.
import type { Finding } from '../../connector/condition.ts'
import type { Connector } from '../../connector/connector.ts'
import type { ConnectorClass, Probe } from '../../connector/connector-class.ts'
import { ConnectorsError } from '../../connector/errors.ts'
import type { Secret } from '../../connector/object.ts'
import { withDefaults } from '../../connector/param.ts'
import type { CheckResult } from '../checks/results.ts'
import { type ProbeName, type ProbePlan, planProbe } from './probe-plan.ts'
import type { SecretDecision, SecretInput } from './secret-finding.ts'

export type ProbesInput = SecretInput & { readonly probes: ReadonlyMap<ProbeName, CheckResult> }

export type ProbesDecision = {
  readonly liveness: Finding
  readonly auth: Finding
  readonly plans: readonly ProbePlan[]
}

type Planned = { readonly finding: Finding; readonly plan?: ProbePlan }

const conditionTypes = { liveness: 'LivenessReady', auth: 'AuthReady' } satisfies Record<ProbeName, string>

export function decideProbes(input: ProbesInput, secret: SecretDecision): ProbesDecision {
  const liveness = decideLiveness(input, secret)
  const auth = decideAuth(input, secret)
  return {
    liveness: liveness.finding,
    auth: auth.finding,
    plans: [liveness, auth].flatMap(({ plan }) => plan ?? []),
  }
}

function decideLiveness(input: ProbesInput, secret: SecretDecision): Planned {
  const { connectorClass, connector, blocked } = input
  if (connectorClass === undefined) return wait('liveness', blocked)
  const probe = connectorClass.spec.livenessProbe
  if (probe === undefined)
    return trueFinding('liveness', 'NonLivenessProbe', 'The class has no liveness probe')
  const unasked = { reason: 'NonLivenessProbe', message: 'The liveness probe asks nothing of this Connector' }
  return check('liveness', { probe, connector, input, secret, unasked })
}

function decideAuth(input: ProbesInput, secret: SecretDecision): Planned {
  const { connectorClass, connector, blocked } = input
  if (connectorClass === undefined) return wait('auth', blocked)
  if (secret.finding.status !== 'True') return wait('auth', secret.finding)
  const { auth } = connector.spec
  const declared = connectorClass.spec.authProbes?.find(candidate => candidate.authName === auth?.name)
  if (auth === undefined || declared === undefined) {
    return trueFinding('auth', 'NonAuthProbe', 'The class has no probe for this way of authentication')
  }
  const params = withDefaults(declared.params ?? [], auth.params ?? [])
  const complete = { ...connector, spec: { ...connector.spec, auth: { ...auth, params } } }
  const unasked = {
    reason: 'NonAuthProbe',
    message: 'The credential was not verified: the probe asks nothing with these parameters',
  }
  return check('auth', { probe: declared.probe, connector: complete, input, secret, unasked })
}

type Check = {
  readonly probe: Probe
  /** With the defaults of the probe's parameters. */
  readonly connector: Connector
  readonly input: ProbesInput
  readonly secret: SecretDecision
  readonly unasked: { readonly reason: string; readonly message: string }
}

function check(name: ProbeName, { probe, connector, input, secret, unasked }: Check): Planned {
  const fingerprint = fingerprintOf(input)
  let plan: ProbePlan | undefined
  try {
    plan = planProbe({ name, probe, connector, secret: secret.secret, fingerprint })
  } catch (error) {
    if (!(error instanceof ConnectorsError)) throw error
    const { reason, message } = error
    return { finding: { type: conditionTypes[name], status: 'False', reason, message } }
  }
  if (plan === undefined) return trueFinding(name, unasked.reason, unasked.message)
  return { finding: findingOf(name, fingerprint, input), plan }
}

function findingOf(name: ProbeName, fingerprint: string, { probes, connector }: ProbesInput): Finding {
  const type = conditionTypes[name]
  const result = probes.get(name)
  if (result?.fingerprint === fingerprint) {
    return { type, ...result.outcome, lastProbeTime: result.at }
  }
  const before = connector.status?.conditions?.find(condition => condition.type === type)
  const isCurrent = connector.status?.observedGeneration === connector.metadata.generation
  // After a restart of the controller, what was found before stands until the first probe.
  if (result === undefined && isCurrent && before?.lastProbeTime !== undefined) {
    const { lastTransitionTime: _, ...finding } = before
    return finding
  }
  return { type, status: 'Unknown', reason: 'Probing', message: 'The probe has not been answered yet' }
}

function fingerprintOf({ connector, connectorClass, secret }: ProbesInput): string {
  const ofSpec = (object: Connector | ConnectorClass | undefined) =>
    `${object?.metadata.uid}/${object?.metadata.generation}`
  const ofSecret = (object: Secret | undefined) =>
    `${object?.metadata.uid}/${object?.metadata.resourceVersion}`
  return [ofSpec(connector), ofSpec(connectorClass), ofSecret(secret)].join(' ')
}

function wait(name: ProbeName, { reason, message }: Finding): Planned {
  return { finding: { type: conditionTypes[name], status: 'Unknown', reason, message } }
}

function trueFinding(name: ProbeName, reason: string, message: string): Planned {
  return { finding: { type: conditionTypes[name], status: 'True', reason, message } }
}
