// Conditions of Connectors and ConnectorClasses. Spec: resources.md, "Connector.status".

export type ConditionStatus = 'True' | 'False' | 'Unknown'

export type Condition = {
  readonly type: string
  readonly status: ConditionStatus
  readonly reason: string
  readonly message: string
  /** RFC 3339; moves only when `status` does. */
  readonly lastTransitionTime?: string
  /** RFC 3339; of probes only. */
  readonly lastProbeTime?: string
  readonly severity?: '' | 'Info' | 'Warning'
}

/** What a check found, before the times of the object's earlier conditions are carried over. */
export type Finding = Omit<Condition, 'lastTransitionTime'>

/** The findings as conditions: each keeps its transition time unless its status changed. `now` is RFC 3339. */
export function conditionsFromFindings(
  findings: readonly Finding[],
  previous: readonly Condition[] | undefined,
  now: string,
): readonly Condition[] {
  return findings.map(finding => {
    const before = previous?.find(condition => condition.type === finding.type)
    const unchanged = before?.status === finding.status && before.lastTransitionTime !== undefined
    return { ...finding, lastTransitionTime: unchanged ? (before.lastTransitionTime ?? now) : now }
  })
}

/** Ready: all True is True, any False is False, else Unknown; reason and message of the first that is not True. */
export function readyFinding(required: readonly Finding[]): Finding {
  const blocking = required.find(finding => finding.status !== 'True')
  if (blocking === undefined) return { type: 'Ready', status: 'True', reason: 'Ready', message: '' }
  const status = required.some(finding => finding.status === 'False') ? 'False' : 'Unknown'
  return { type: 'Ready', status, reason: blocking.reason, message: blocking.message }
}

export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditions?.some(condition => condition.type === type && condition.status === 'True') ?? false
}

const addressConflictReason = 'ProxyAddressConflict'

/**
 * The condition of a Connector whose address leads to a Service that is not ours: whoever made it may read what is sent
 * there, tokens among it, so nothing may be sent.
 */
export function addressConflict(conditions: readonly Condition[] | undefined): Condition | undefined {
  return conditions?.find(
    ({ type, status, reason }) =>
      type === 'ProxyServiceReady' && status === 'False' && reason === addressConflictReason,
  )
}

/** Whether an object is Ready, and why, for a line of the log. */
export function readyFields({ conditions }: { readonly conditions?: readonly Condition[] }): {
  readonly ready: string | undefined
  readonly reason: string | undefined
} {
  const ready = conditions?.find(condition => condition.type === 'Ready')
  return { ready: ready?.status, reason: ready?.reason }
}
