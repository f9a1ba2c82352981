// Where kubectl and buildah keep a token.
import { join } from 'node:path'
import { basicValue, type Carrier, distantUrl, run, type Sending, withUserInfo } from './carrier.ts'

type KubeSettings = {
  readonly cluster: Readonly<Record<string, string | boolean>>
  readonly user: Readonly<Record<string, string>>
}

function kubectl({ dir }: Sending, { cluster, user }: KubeSettings, files = {}) {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'tool', cluster: { 'insecure-skip-tls-verify': true, ...cluster } }],
    users: [{ name: 'caller', user }],
    contexts: [{ name: 'tool', context: { cluster: 'tool', user: 'caller' } }],
    'current-context': 'tool',
  }
  const command = ['kubectl', '--kubeconfig=kubeconfig', 'version'] as const
  return run(command, { dir, files: { kubeconfig: JSON.stringify(config), ...files } })
}

export const kubectlCarriers: readonly Carrier[] = [
  {
    to: 'connector-tls',
    place: 'kubeconfig token',
    send: sending => kubectl(sending, { cluster: { server: sending.url }, user: { token: sending.token } }),
  },
  {
    to: 'connector-tls',
    place: 'kubeconfig tokenFile',
    send: sending =>
      kubectl(
        sending,
        { cluster: { server: sending.url }, user: { tokenFile: join(sending.dir, 'token') } },
        { token: sending.token },
      ),
  },
  {
    to: 'connector-tls',
    place: 'kubeconfig password',
    send: sending =>
      kubectl(sending, {
        cluster: { server: sending.url },
        user: { username: sending.user, password: sending.token },
      }),
  },
  {
    to: 'forward-proxy',
    place: 'kubeconfig proxy-url',
    send: sending =>
      kubectl(sending, {
        cluster: { server: distantUrl.replace('http', 'https'), 'proxy-url': withUserInfo(sending) },
        // Without any it asks for a name.
        user: { token: 'unused' },
      }),
  },
]

export const buildahCarriers: readonly Carrier[] = [
  {
    to: 'registry',
    place: 'config.json auth',
    send(sending) {
      const { dir, url } = sending
      const { host } = new URL(url)
      const config = { auths: { [host]: { auth: basicValue(sending) } } }
      const storage = ['--storage-driver=vfs', `--root=${dir}/root`, `--runroot=${dir}/run`]
      const pull = [
        'pull',
        '--quiet',
        '--tls-verify=false',
        '--authfile=config.json',
        `docker://${host}/app:1`,
      ]
      return run(['buildah', ...storage, ...pull], { dir, files: { 'config.json': JSON.stringify(config) } })
    },
  },
]
