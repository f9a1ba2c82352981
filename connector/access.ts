// access: what one must be allowed to use a Connector. The mount and the use ask the same. Spec: access.md.
import { apiGroup } from './connector.ts'
import { ConnectorsError } from './errors.ts'
import type { ObjectKey } from './object.ts'

/** A permission on one object, as a SubjectAccessReview asks for it. */
export type AccessQuestion = {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly namespace: string
  readonly name: string
}

/** `get` on the Connector and, where asked for, `get` on its subresource `connectors/proxy`. */
export function accessQuestions(
  key: ObjectKey,
  { requireProxyPermission }: { readonly requireProxyPermission: boolean },
): readonly [AccessQuestion, ...AccessQuestion[]] {
  const see = seeQuestion(key)
  return requireProxyPermission ? [see, { ...see, subresource: 'proxy' }] : [see]
}

function seeQuestion({ namespace, name }: ObjectKey): AccessQuestion {
  return { verb: 'get', group: apiGroup, resource: 'connectors', namespace, name }
}

/** FORBIDDEN, naming the user, the Connector (`subject`, as whoever asks knows it) and all that is missing, so that one grant is enough. */
export function accessRefusal(
  username: string,
  [first, ...others]: readonly [AccessQuestion, ...AccessQuestion[]],
  subject = `Connector "${first.namespace}/${first.name}"`,
): ConnectorsError {
  const { verb, namespace } = first
  const resources = [first, ...others].map(({ resource, subresource }) =>
    subresource === undefined ? resource : `${resource}/${subresource}`,
  )
  return new ConnectorsError(
    'FORBIDDEN',
    'Forbidden',
    `Cannot use ${subject} as ${username}: ` +
      `it needs a Role in namespace "${namespace}" with ${verb} on ${resources.join(' and ')} in group ${apiGroup}`,
  )
}

/** Undefined when all is allowed. The verdicts are those on the questions, in their order. */
export function missingAccess(
  questions: readonly AccessQuestion[],
  verdicts: readonly ({ readonly allowed: boolean } | undefined)[],
): readonly [AccessQuestion, ...AccessQuestion[]] | undefined {
  const [first, ...others] = questions.filter((_, at) => verdicts[at]?.allowed !== true)
  return first && [first, ...others]
}
