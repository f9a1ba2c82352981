import { stringify } from 'yaml'

/** A kubeconfig for one user with a bearer token. */
export function renderKubeconfig(options: {
  url: string
  caPem: string
  user: string
  token: string
}): string {
  const { url, caPem, user, token } = options
  const cluster = { server: url, 'certificate-authority-data': Buffer.from(caPem).toString('base64') }
  const name = 'connectors-standalone'
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster }],
      users: [{ name: user, user: { token } }],
      contexts: [{ name, context: { cluster: name, user } }],
      'current-context': name,
    },
    { lineWidth: 0 },
  )
}
