// Whose budget pays for a request: the pod, its account, its namespace.
import { type KubeUser, serviceAccountNamespace } from '../kube/review/token-review.ts'

export type Payer = {
  /** One pod's use of one account. */
  readonly caller: string
  /** The user name. */
  readonly account: string
  /** Whoever may make accounts and pods in a namespace can be many callers: the namespace is who they are together. */
  readonly tenant: string
  /** Of a ServiceAccount. */
  readonly namespace: string | undefined
  /** Name of the pod that the token is bound to. */
  readonly pod: string | undefined
}

const podNameKey = 'authentication.kubernetes.io/pod-name'
const podUidKey = 'authentication.kubernetes.io/pod-uid'

const payers = new WeakMap<KubeUser, Payer>()

export function payerOf(user: KubeUser): Payer {
  let payer = payers.get(user)
  if (payer === undefined) {
    payer = createPayer(user)
    payers.set(user, payer)
  }
  return payer
}

function createPayer({ username, extra }: KubeUser): Payer {
  const namespace = serviceAccountNamespace(username)
  return {
    caller: `${username} ${extra[podUidKey]?.[0] ?? ''}`,
    account: username,
    tenant: namespace ?? username,
    namespace,
    pod: extra[podNameKey]?.[0],
  }
}
