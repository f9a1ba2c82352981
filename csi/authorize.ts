// authorize: may the pod's ServiceAccount use the Connectors of its volume. Spec: csi.md, "Publish" step 2.
import { accessQuestions, accessRefusal, missingAccess } from '../connector/access.ts'
import { type AccessReviewer, serviceAccountUser } from '../kube/review/access-review.ts'
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
  await Promise.all(
    attributes.connectors.map(async key => {
      const questions = accessQuestions(key, { requireProxyPermission })
      const verdicts = await Promise.all(questions.map(question => access.check(user, question, { signal })))
      const missing = missingAccess(questions, verdicts)
      if (missing !== undefined) throw accessRefusal(user.username, missing)
    }),
  )
}
