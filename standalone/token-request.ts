// The `token` subresource of ServiceAccounts.
import { parseBody } from './answer.ts'
import type { Cluster } from './cluster.ts'
import { type Fields, fieldsOf, type KubeObject } from './object.ts'
import type { Call } from './server.ts'
import { badRequest, cause, conflict, invalid, notFound } from './status.ts'
import { type BoundObject, type Tokens, tokenIssuer } from './tokens.ts'

const shortestSeconds = 600
const longestSeconds = 2 ** 32
const accounts = { group: '', plural: 'serviceaccounts', kind: 'ServiceAccount' }
const tokenRequests = { group: 'authentication.k8s.io', plural: 'tokenrequests', kind: 'TokenRequest' }
const bindable = { Pod: 'pods', Secret: 'secrets' } as const

export async function requestToken(
  { cluster, tokens }: { readonly cluster: Cluster; readonly tokens: Tokens },
  { route, body, request }: Call,
): Promise<Fields> {
  const { namespace, name } = route
  const account = cluster.store.get('serviceaccounts', namespace, name)
  if (account === undefined) throw notFound(accounts, name)
  const spec = fieldsOf(fieldsOf(parseBody(body, request.headers['content-type'], tokenRequests))['spec'])
  const expirationSeconds = spec['expirationSeconds'] ?? 3600
  if (typeof expirationSeconds !== 'number' || !Number.isInteger(expirationSeconds)) {
    throw badRequest('spec.expirationSeconds must be an integer')
  }
  const outside =
    expirationSeconds < shortestSeconds
      ? 'may not specify a duration less than 10 minutes'
      : expirationSeconds > longestSeconds
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined
  if (outside !== undefined) {
    throw invalid(tokenRequests, '', [cause.invalid('spec.expirationSeconds', expirationSeconds, outside)])
  }
  const asked = spec['audiences'] ?? []
  if (!Array.isArray(asked) || !asked.every(audience => typeof audience === 'string')) {
    throw badRequest('spec.audiences must be a list of strings')
  }
  const audiences = asked.length === 0 ? [tokenIssuer] : asked
  const bound = boundObject(cluster, account, fieldsOf(spec['boundObjectRef']))
  const issued = await tokens.issue(account, {
    audiences,
    expirationSeconds,
    ...(bound === undefined ? {} : { bound }),
  })
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: null },
    spec: { ...spec, audiences, expirationSeconds },
    status: issued,
  }
}

function boundObject({ store }: Cluster, account: KubeObject, reference: Fields): BoundObject | undefined {
  const { kind, name, uid } = reference
  if (kind === undefined) return undefined
  if (kind !== 'Pod' && kind !== 'Secret') throw badRequest(`cannot bind token to object of type ${kind}`)
  const plural = bindable[kind]
  const object = store.get(plural, account.metadata.namespace ?? '', String(name))
  const named = { group: '', plural, kind }
  if (object === undefined) throw notFound(named, String(name))
  if (uid !== undefined && uid !== object.metadata.uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`
    throw conflict(named, object.metadata.name, why)
  }
  const runsAs = fieldsOf(object['spec'])['serviceAccountName']
  if (kind === 'Pod' && runsAs !== account.metadata.name) {
    throw badRequest(
      `cannot bind token for serviceaccount "${account.metadata.name}" to pod running with different serviceaccount name.`,
    )
  }
  return { kind, object }
}
