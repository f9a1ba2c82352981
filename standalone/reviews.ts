// The questions that are asked by creating an object: who is this, may they.
import type { Kind } from './kinds.ts'
import { type Fields, fieldsOf, type KubeObject, listOf } from './object.ts'
import { type Access, authorize, rulesOf } from './rbac.ts'
import { badRequest, cause, invalid } from './status.ts'
import type { Store } from './store.ts'
import { tokenIssuer, type Verification } from './tokens.ts'
import type { User } from './user.ts'

/** Whose a bearer token is, the administrator's among them. */
export type VerifyToken = (token: string, audiences: readonly string[]) => Promise<Verification>

export interface ReviewContext {
  readonly user: User
  readonly namespace: string
  readonly store: Store
  readonly verifyToken: VerifyToken
}

/** The review's kind decides; the answer is the review with its status. */
export async function answerReview(kind: Kind, review: KubeObject, context: ReviewContext): Promise<Fields> {
  const spec = fieldsOf(review['spec'])
  const { store, user } = context
  switch (kind.kind) {
    case 'TokenReview':
      return withStatus(review, await tokenStatus(spec, context.verifyToken))
    case 'SelfSubjectReview':
      return withStatus(review, { userInfo: user })
    case 'SelfSubjectAccessReview':
      return withStatus(review, accessStatus(store, user, accessOf(kind, spec)))
    case 'SelfSubjectRulesReview':
      return withStatus(review, rulesStatus(store, user, String(spec['namespace'] ?? '')))
    case 'LocalSubjectAccessReview':
      if (fieldsOf(spec['resourceAttributes'])['namespace'] !== context.namespace) {
        const why = 'must match metadata.namespace'
        throw invalid(kind, '', [cause.invalid('spec.resourceAttributes.namespace', context.namespace, why)])
      }
      return withStatus(review, accessStatus(store, subjectOf(kind, spec), accessOf(kind, spec)))
    default:
      return withStatus(review, accessStatus(store, subjectOf(kind, spec), accessOf(kind, spec)))
  }
}

function withStatus(review: KubeObject, status: Fields): Fields {
  return { ...review, metadata: { creationTimestamp: null }, status }
}

async function tokenStatus(spec: Fields, verifyToken: VerifyToken): Promise<Fields> {
  const token = spec['token']
  if (typeof token !== 'string' || token === '')
    throw badRequest('token is required for TokenReview in authentication')
  const audiences = listOf<string>(spec['audiences'])
  const verification = await verifyToken(token, audiences.length === 0 ? [tokenIssuer] : audiences)
  if ('problem' in verification) return { user: {}, error: `[${verification.problem}]` }
  return { authenticated: true, user: verification.user, audiences: verification.audiences }
}

function subjectOf(kind: Kind, spec: Fields): User {
  const username = String(spec['user'] ?? '')
  const groups = listOf<string>(spec['groups'])
  if (username === '' && groups.length === 0) {
    throw invalid(kind, '', [
      cause.invalid('spec.user', '', 'at least one of user or group must be specified'),
    ])
  }
  return { username, groups }
}

function accessOf(kind: Kind, spec: Fields): Access {
  const text = (fields: Fields, name: string) => String(fields[name] ?? '')
  const { resourceAttributes, nonResourceAttributes } = spec
  if ((resourceAttributes === undefined) === (nonResourceAttributes === undefined)) {
    const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
    throw invalid(kind, '', [cause.invalid('spec.resourceAttributes', '', why)])
  }
  const asked = fieldsOf(resourceAttributes ?? nonResourceAttributes)
  const access = {
    verb: text(asked, 'verb'),
    group: text(asked, 'group'),
    resource: text(asked, 'resource'),
    subresource: text(asked, 'subresource'),
    namespace: text(asked, 'namespace'),
    name: text(asked, 'name'),
  }
  return nonResourceAttributes === undefined ? access : { ...access, path: text(asked, 'path') }
}

function accessStatus(store: Store, user: User, access: Access): Fields {
  const { allowed, reason } = authorize(store, user, access)
  return reason === '' ? { allowed } : { allowed, reason }
}

function rulesStatus(store: Store, user: User, namespace: string): Fields {
  const rules = rulesOf(store, user, namespace)
  return {
    incomplete: false,
    resourceRules: rules
      .filter(({ resources }) => resources.length > 0)
      .map(({ verbs, apiGroups, resources, resourceNames }) =>
        resourceNames.length === 0
          ? { verbs, apiGroups, resources }
          : { verbs, apiGroups, resources, resourceNames },
      ),
    nonResourceRules: rules
      .filter(({ nonResourceURLs }) => nonResourceURLs.length > 0)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
  }
}
