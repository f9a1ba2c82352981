// apply: a decision about a Connector, written. Every write is conditional, and what is so already is not written.
import type { Connector } from '../../connector/connector.ts'
import { ConnectorsError } from '../../connector/errors.ts'
import { objectKey } from '../../connector/object.ts'
import { KubeApiError } from '../../kube/client/api-error.ts'
import type { KubeClient } from '../../kube/client/client.ts'
import { connectors, services } from '../../kube/object/resources.ts'
import type { EventRecorder } from '../../kube/work/event-recorder.ts'
import { writeStatus } from '../../kube/work/status.ts'
import type { CheckResults } from '../checks/results.ts'
import type { SendCheck } from '../checks/send-check.ts'
import type { ConnectorDecision } from './decide.ts'
import type { ServiceAction } from './stand-in.ts'

export type ConnectorSinks = {
  readonly client: KubeClient
  readonly events: Pick<EventRecorder, 'record'>
  readonly results: CheckResults
  readonly sendCheck: SendCheck
}

export type AppliedConnector = {
  readonly written: boolean
  /** Why the API server did not take the Service: then nothing else was written. */
  readonly refusal: KubeApiError | undefined
}

export async function applyConnector(
  connector: Connector,
  decision: ConnectorDecision,
  { client, events, results, sendCheck, signal }: ConnectorSinks & { readonly signal: AbortSignal },
): Promise<AppliedConnector> {
  const refusal = await applyProxyService(decision.service, { client, signal })
  if (refusal !== undefined) return { written: false, refusal }
  results.setChecks(
    objectKey(connector.metadata),
    decision.probes.map(plan => sendCheck.probe(plan)),
  )
  const labelled = await applyLabels(connector, decision.labels, { client, signal })
  const written = await writeStatus(client, connectors, {
    object: labelled ?? connector,
    status: decision.status,
    signal,
  })
  if (written !== undefined) {
    for (const event of decision.events) events.record({ ...event, resource: connectors, object: connector })
  }
  return { written: labelled !== undefined || written !== undefined, refusal: undefined }
}

/** Returns the API server's refusal (a quota, a policy, a missing right), which the Connector's status must tell. */
async function applyProxyService(
  action: ServiceAction | undefined,
  writing: Writing,
): Promise<KubeApiError | undefined> {
  try {
    if (action !== undefined) await applyService(action, writing)
    return undefined
  } catch (error) {
    if (error instanceof KubeApiError && (error.code === 'FORBIDDEN' || error.code === 'INVALID'))
      return error
    throw error
  }
}

type Writing = { readonly client: KubeClient; readonly signal: AbortSignal }

async function applyService(action: ServiceAction, { client, signal }: Writing): Promise<void> {
  switch (action.verb) {
    case 'create':
      // One that came into being meanwhile is somebody's: its arrival brings the next decision.
      await client.create(services, action.service, { signal })
      return
    case 'replace':
      await client.replace(services, action.service, { signal })
      return
    case 'delete':
      await deleteService(action, { client, signal })
  }
}

async function deleteService({ service }: ServiceAction, { client, signal }: Writing): Promise<void> {
  const { name = '', namespace, uid, resourceVersion } = service.metadata
  const preconditions = {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  }
  try {
    await client.delete(services, { namespace, name }, { preconditions, signal })
  } catch (error) {
    if (!(error instanceof ConnectorsError && error.code === 'NOT_FOUND')) throw error
  }
}

async function applyLabels(
  connector: Connector,
  labels: ConnectorDecision['labels'],
  { client, signal }: Writing,
): Promise<Connector | undefined> {
  const { metadata } = connector
  if (Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value)) return undefined
  // With the version that was decided on, a merge patch is refused when the Connector changed meanwhile.
  const { resourceVersion } = metadata
  return client.patch(connectors, metadata, { patch: { metadata: { resourceVersion, labels } }, signal })
}
