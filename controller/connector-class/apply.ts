// apply: a decision about a ConnectorClass, written.
import type { ConnectorClass } from '../../connector/connector-class.ts'
import type { KubeClient } from '../../kube/client/client.ts'
import { connectorClasses } from '../../kube/object/resources.ts'
import { writeStatus } from '../../kube/work/status.ts'
import type { CheckResults } from '../checks/results.ts'
import type { SendCheck } from '../checks/send-check.ts'
import type { ConnectorClassDecision } from './decide.ts'
import { classOwner } from './observe.ts'

export type ConnectorClassSinks = {
  readonly client: KubeClient
  readonly results: CheckResults
  readonly sendCheck: SendCheck
}

/** Returns whether anything was written. */
export async function applyConnectorClass(
  connectorClass: ConnectorClass,
  { status, links }: ConnectorClassDecision,
  { client, results, sendCheck, signal }: ConnectorClassSinks & { readonly signal: AbortSignal },
): Promise<boolean> {
  results.setChecks(
    classOwner(connectorClass.metadata.name),
    links.map(link => sendCheck.link(link)),
  )
  const written = await writeStatus(client, connectorClasses, { object: connectorClass, status, signal })
  return written !== undefined
}
