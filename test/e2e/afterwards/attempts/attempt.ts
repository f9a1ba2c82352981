// One request of an account beyond its work, and what comes of it.
import type { ApiRequest } from '../../harness/impersonate.ts'

export type Attempt = {
  readonly what: string
  readonly request: ApiRequest
  /** `allowed`, or who refuses it: the account's role (RBAC), or the policy of that name. */
  readonly outcome: 'allowed' | 'role' | `connectors-${string}`
}

export type Surroundings = {
  /** With the Connector `repo` and what the controller made for it, and objects of others called `mine`. */
  readonly team: string
  readonly systemNamespace: string
  /** Of the Connector `repo`. */
  readonly uid: string
  /** As they are: `kind/name`, below `team` where the kind has namespaces. */
  readonly objects: Readonly<Record<string, object>>
}

export const group = 'connectors.alauda.io'
export const rbacGroup = 'rbac.authorization.k8s.io'
export const rbac = `/apis/${rbacGroup}/v1`
export const byName = (name: string) => ({ metadata: { name } })

export function remove(path: string): ApiRequest {
  return { method: 'DELETE', path }
}

/** The class that an administrator has made. */
export function foreignClass(objects: Surroundings['objects']): string {
  const key = Object.keys(objects).find(key => key.startsWith('connectorclass/'))
  return key?.split('/')[1] ?? ''
}

export function event(namespace: string, involvedObject: object, reporter: string): ApiRequest {
  return {
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/events`,
    body: {
      metadata: { name: 'e2e', namespace },
      involvedObject,
      reason: 'E2e',
      type: 'Normal',
      reportingComponent: reporter,
      reportingInstance: 'e2e',
    },
  }
}

/** One that is there, with the name of its reporter. */
export function countEvent(namespace: string, reporter: string): ApiRequest {
  return { method: 'PATCH', path: `/api/v1/namespaces/${namespace}/events/${reporter}`, body: { count: 2 } }
}
