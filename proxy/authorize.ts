// authorize: may this caller use this Connector. Spec: access.md; proxy.md, "Authentication and authorization".
import { accessQuestions, accessRefusal, missingAccess } from '../connector/access.ts'
import { apiGroup } from '../connector/connector.ts'
import { ConnectorsError } from '../connector/errors.ts'
import { type ObjectKey, objectKey } from '../connector/object.ts'
import type { AccessReviewer, AccessVerdict } from '../kube/review/access-review.ts'
import type { KubeUser } from '../kube/review/token-review.ts'
import { andThen, type MaybePromise } from '../runtime/and-then.ts'
import type { Identity } from './authenticate.ts'

export type AuthorizeOptions = {
  readonly access: AccessReviewer
  /** Whether `get` on the subresource `connectors/proxy` is asked for as well. */
  readonly requireProxyPermission: boolean
  /** What the refusal calls the Connector. */
  readonly subject: string
}

/**
 * At once when all answers are known. Throws FORBIDDEN when the token is sealed for other Connectors, or naming the
 * permission that is missing. Whether the Connector exists makes no difference.
 */
export function authorize(
  { user, scope }: Identity,
  key: ObjectKey,
  { access, requireProxyPermission, subject }: AuthorizeOptions,
): MaybePromise<void> {
  if (scope !== undefined && !scope.has(objectKey(key))) throw sealedForOthers(subject)
  const questions = accessQuestions(key, { requireProxyPermission })
  const verdicts = questions.map(question => access.cached(user, question))
  const answered: MaybePromise<readonly (AccessVerdict | undefined)[]> = verdicts.includes(undefined)
    ? Promise.all(questions.map(question => access.check(user, question)))
    : verdicts
  return andThen(answered, all => {
    const missing = missingAccess(questions, all)
    if (missing !== undefined) throw accessRefusal(user.username, missing, subject)
  })
}

function sealedForOthers(subject: string): ConnectorsError {
  return new ConnectorsError(
    'FORBIDDEN',
    'SealedForOthers',
    `Cannot use ${subject}: the token is of a volume of other Connectors`,
  )
}

/** Whether the caller may learn which Connectors a namespace has. */
export async function mayList(user: KubeUser, namespace: string, access: AccessReviewer): Promise<boolean> {
  const question = { verb: 'list', group: apiGroup, resource: 'connectors', namespace, name: '' }
  return (await access.check(user, question)).allowed
}
