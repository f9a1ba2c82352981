// Who asks.

export interface User {
  readonly username: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: { readonly [key: string]: readonly string[] }
}

export const anonymous: User = { username: 'system:anonymous', groups: ['system:unauthenticated'] }

export const administrator: User = {
  username: 'kubernetes-admin',
  groups: ['system:masters', 'system:authenticated'],
}

export function serviceAccountUser(namespace: string, name: string): User {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  }
}

/** The namespace and name in `system:serviceaccount:<namespace>:<name>`. */
export function parseServiceAccount(username: string): { namespace: string; name: string } | undefined {
  const [system, word, namespace, name, ...rest] = username.split(':')
  if (system !== 'system' || word !== 'serviceaccount' || rest.length > 0) return undefined
  return namespace === undefined || name === undefined ? undefined : { namespace, name }
}
