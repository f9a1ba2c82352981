// Whose budget pays for a request: the pod, its account, its namespace.
import { type KubeUser, tenantOf } from '../kube/token-review.ts'

export type Payer = {
  /** One pod's use of one account. */
  readonly caller: string
  /** The user name. */
  readonly account: string
  /** Whoever may make accounts and pods in a namespace can be many callers: the namespace is who they are together. */
  readonly tenant: string
}

const podNameKey = 'authentication.kubernetes.io/pod-name'
const podUidKey = 'authentication.kubernetes.io/pod-uid'

export function payerOf({ username, extra }: KubeUser): Payer {
  return {
    caller: `${username} ${extra[podUidKey]?.[0] ?? ''}`,
    account: username,
    tenant: tenantOf(username),
  }
}

export function podNameOf({ extra }: Pick<KubeUser, 'extra'>): string | undefined {
  return extra[podNameKey]?.[0]
}
