// authorize: may the pod's ServiceAccount use the Connectors of its volume. Spec: csi.md, "Publish" step 2.
import { accessQuestions, accessRefusal } from '../connector/access.ts'
import { type AccessReviewer, serviceAccountUser } from '../kube/access-review.ts'
import type { PublishRequest } from './parse.ts'

export type AuthorizeOptions = {
  readonly access: AccessReviewer
  /** Whether `get` on the subresource `connectors/proxy` is asked for as well. */
  readonly requireProxyPermission: boolean
  readonly signal: AbortSignal
}

export async function authorize(
  { pod, attributes }: PublishRequest,
  { access, requireProxyPermission, signal }: AuthorizeOptions,
): Promise<void> {
  const user = serviceAccountUser(pod.namespace, pod.serviceAccount)
  const questions = attributes.connectors.flatMap(key => accessQuestions(key, { requireProxyPermission }))
  const verdicts = await Promise.all(questions.map(question => access.check(user, question, { signal })))
  for (const [at, question] of questions.entries()) {
    if (verdicts[at]?.allowed !== true) throw accessRefusal(user.username, question)
  }
}
