// authorize: may this caller use this Connector. Spec: access.md; proxy.md, "Authentication and authorization".
import { apiGroup } from '../connector/connector.ts'
import { ConnectorsError } from '../connector/errors.ts'
import type { ObjectKey } from '../connector/object.ts'
import type { Access, AccessReviewer } from '../kube/access-review.ts'
import type { KubeUser } from '../kube/token-review.ts'

export type AuthorizeOptions = {
  readonly access: AccessReviewer
  /** Whether `get` on the subresource `connectors/proxy` is asked for as well. */
  readonly requireProxyPermission: boolean
}

/** At once when all answers are known; throws FORBIDDEN naming the Connector and the missing permission. */
export function authorize(
  user: KubeUser,
  key: ObjectKey,
  { access, requireProxyPermission }: AuthorizeOptions,
): undefined | Promise<undefined> {
  const questions = requireProxyPermission ? [see(key), use(key)] : [see(key)]
  let isWaiting = false
  for (const question of questions) {
    const verdict = access.cached(user, question)
    if (verdict === undefined) isWaiting = true
    else if (!verdict.allowed) throw forbidden(user, key, question)
  }
  if (!isWaiting) return undefined
  return askAll(user, key, { access, questions })
}

async function askAll(
  user: KubeUser,
  key: ObjectKey,
  { access, questions }: { readonly access: AccessReviewer; readonly questions: readonly Access[] },
): Promise<undefined> {
  const verdicts = await Promise.all(questions.map(question => access.check(user, question)))
  for (const [at, question] of questions.entries()) {
    if (verdicts[at]?.allowed !== true) throw forbidden(user, key, question)
  }
}

/** Whether the caller may learn which Connectors a namespace has. */
export async function mayList(user: KubeUser, namespace: string, access: AccessReviewer): Promise<boolean> {
  const question = { verb: 'list', group: apiGroup, resource: 'connectors', namespace, name: '' }
  return (await access.check(user, question)).allowed
}

export function forbidden(
  user: KubeUser,
  key: ObjectKey,
  { verb, resource, subresource }: Access,
): ConnectorsError {
  const permission = subresource === undefined ? resource : `${resource}/${subresource}`
  return new ConnectorsError(
    'FORBIDDEN',
    'Forbidden',
    `Cannot use Connector "${key.namespace}/${key.name}" as ${user.username}: ` +
      `permission to ${verb} ${permission} in group ${apiGroup} is missing`,
  )
}

export function see(key: ObjectKey): Access {
  return { verb: 'get', group: apiGroup, resource: 'connectors', namespace: key.namespace, name: key.name }
}

function use(key: ObjectKey): Access {
  return { ...see(key), subresource: 'proxy' }
}
