// authorize: may this caller use this Connector. Spec: access.md; proxy.md, "Authentication and authorization".
import { accessQuestions, accessRefusal, seeQuestion } from '../connector/access.ts'
import { apiGroup } from '../connector/connector.ts'
import type { ConnectorsError } from '../connector/errors.ts'
import type { ObjectKey } from '../connector/object.ts'
import type { Access, AccessReviewer, AccessVerdict } from '../kube/access-review.ts'
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
  const questions = accessQuestions(key, { requireProxyPermission })
  const verdicts = questions.map(question => access.cached(user, question))
  if (verdicts.includes(undefined)) return askAll(user, { access, questions })
  refuseMissing(user, { questions, verdicts })
  return undefined
}

type Asked = { readonly questions: readonly Access[] }

async function askAll(
  user: KubeUser,
  { access, questions }: Asked & { readonly access: AccessReviewer },
): Promise<undefined> {
  const verdicts = await Promise.all(questions.map(question => access.check(user, question)))
  refuseMissing(user, { questions, verdicts })
}

function refuseMissing(
  user: KubeUser,
  { questions, verdicts }: Asked & { readonly verdicts: readonly (AccessVerdict | undefined)[] },
): void {
  const [first, ...others] = questions.filter((_, at) => verdicts[at]?.allowed !== true)
  if (first !== undefined) throw accessRefusal(user.username, [first, ...others])
}

/** Whether the caller may learn which Connectors a namespace has. */
export async function mayList(user: KubeUser, namespace: string, access: AccessReviewer): Promise<boolean> {
  const question = { verb: 'list', group: apiGroup, resource: 'connectors', namespace, name: '' }
  return (await access.check(user, question)).allowed
}

/** What a caller reads who may not even learn whether the Connector exists. */
export function mayNotSee(user: KubeUser, key: ObjectKey): ConnectorsError {
  return accessRefusal(user.username, [seeQuestion(key)])
}
