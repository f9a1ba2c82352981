import { writeFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ConnectorsError } from '../../../connector/errors.ts'
import { inClusterFrom, type KubeConfigSource, loadKubeConfig } from '../../../kube/config/config.ts'
import { tokenFileCredentials } from '../../../kube/config/credentials.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { withTempDir } from '../../helpers/temp-dir.ts'
import { createManualClock } from '../../runtime/manual-clock.ts'
import { selfSigned } from '../certificate.ts'

const test = suite('kube/config/config')
const clock = systemClock
const pem = selfSigned()
const base64 = (text: string) => Buffer.from(text).toString('base64')

async function problemOf(source: Omit<KubeConfigSource, 'clock'>): Promise<ConnectorsError> {
  const error = await loadKubeConfig({ ...source, clock }).then(
    () => assert.unreachable('it did not fail'),
    (caught: unknown) => caught,
  )
  return error as ConnectorsError
}

interface Parts {
  readonly cluster?: string
  readonly user?: string
  readonly context?: string
}

function kubeconfig({
  cluster = 'server: https://10.0.0.1:6443',
  user = 'token: t0p',
  context = '',
}: Parts): string {
  return `
apiVersion: v1
kind: Config
current-context: main
contexts: [{name: main, context: {cluster: c, user: u, ${context}}}]
clusters: [{name: c, cluster: {${cluster}}}]
users: [{name: u, user: {${user}}}]
`
}

async function withKubeconfig(
  parts: Parts,
  use: (path: string, dir: string) => Promise<void>,
): Promise<void> {
  await withTempDir(async dir => {
    await writeFile(`${dir}/config`, kubeconfig(parts))
    await use(`${dir}/config`, dir)
  })
}

test('reads server, namespace, CA and token', async () => {
  const data = base64(pem.cert)
  const cluster = `server: https://10.0.0.1:6443/k8s/x, certificate-authority-data: ${data}, tls-server-name: api`
  await withKubeconfig({ cluster, context: 'namespace: team' }, async path => {
    const config = await loadKubeConfig({ kubeconfig: path, clock })
    assert.is(config.server.href, 'https://10.0.0.1:6443/k8s/x')
    assert.equal([config.ca, config.serverName, config.namespace], [pem.cert, 'api', 'team'])
    assert.is((await config.credentials.authorization({ fresh: false }))?.reveal(), 'Bearer t0p')
  })
})

test('files are looked for beside the kubeconfig', async () => {
  const cluster = 'server: https://10.0.0.1, certificate-authority: ca.pem'
  const user = 'client-certificate: me.crt, client-key: me.key, tokenFile: token'
  await withKubeconfig({ cluster, user }, async (path, dir) => {
    for (const [name, text] of Object.entries({
      'ca.pem': pem.cert,
      'me.crt': pem.cert,
      'me.key': pem.key,
      token: 'filed',
    })) {
      await writeFile(`${dir}/${name}`, text)
    }
    const { ca, credentials } = await loadKubeConfig({ kubeconfig: path, clock })
    assert.equal(
      [ca, credentials.clientCertificate?.cert, credentials.clientCertificate?.key.reveal()],
      [pem.cert, pem.cert, pem.key],
    )
    assert.is((await credentials.authorization({ fresh: false }))?.reveal(), 'Bearer filed')
  })
})

test('of several files the first that names a thing wins', async () => {
  await withTempDir(async dir => {
    await writeFile(`${dir}/a`, 'current-context: main\nusers: [{name: u, user: {token: first}}]\n')
    await writeFile(`${dir}/b`, kubeconfig({}))
    const { credentials, server } = await loadKubeConfig({ kubeconfig: `${dir}/a:${dir}/b`, clock })
    assert.is((await credentials.authorization({ fresh: false }))?.reveal(), 'Bearer first')
    assert.is(server.host, '10.0.0.1:6443')
  })
})

const refused: readonly [string, Parts, string, string][] = [
  ['exec plugin', { user: 'exec: {command: aws}' }, 'KubeConfigUnsupported', 'user.exec'],
  ['auth provider', { user: 'auth-provider: {name: gcp}' }, 'KubeConfigUnsupported', 'user.auth-provider'],
  ['password', { user: 'username: a, password: b' }, 'KubeConfigUnsupported', 'user.username'],
  ['impersonation', { user: 'token: t0p, as: root' }, 'KubeConfigUnsupported', 'user.as'],
  ['proxy', { cluster: 'server: https://a, proxy-url: http://p' }, 'KubeConfigUnsupported', 'proxy-url'],
  [
    'insecure',
    { cluster: 'server: https://a, insecure-skip-tls-verify: true' },
    'KubeConfigInsecure',
    'insecure-skip-tls-verify',
  ],
  ['plain HTTP', { cluster: 'server: http://10.0.0.1' }, 'KubeConfigInvalid', 'https'],
  ['HTTP to a look-alike', { cluster: 'server: "http://127.0.0.1.evil.test"' }, 'KubeConfigInvalid', 'https'],
  ['no server', { cluster: 'x: y' }, 'KubeConfigInvalid', 'https'],
  ['key without certificate', { user: 'client-key-data: aa==' }, 'KubeConfigInvalid', 'belong together'],
  [
    'a CA that is none',
    {
      cluster: `server: https://a, certificate-authority-data: ${base64('-----BEGIN CERTIFICATE-----\nt0p')}`,
    },
    'KubeConfigInvalid',
    'no PEM certificate',
  ],
  [
    'the key of another certificate',
    {
      user: `client-certificate-data: ${base64(pem.cert)}, client-key-data: ${base64(selfSigned().key)}`,
    },
    'KubeConfigInvalid',
    'its key',
  ],
  ['a token of two lines', { user: 'token: "t0p\\nt0p"' }, 'KubeConfigInvalid', 'user.token'],
  [
    'missing CA file',
    { cluster: 'server: https://a, certificate-authority: no' },
    'KubeConfigUnreadable',
    'ENOENT',
  ],
]

for (const [what, parts, reason, words] of refused) {
  test(`refuses ${what}`, async () => {
    await withKubeconfig(parts, async path => {
      const error = await problemOf({ kubeconfig: path })
      assert.is(error.reason, reason)
      assert.match(error.message, words)
      assert.not.match(error.message, 't0p')
    })
  })
}

test('plain HTTP is taken on loopback', async () => {
  await withKubeconfig({ cluster: 'server: "http://127.0.0.1:8001"' }, async path => {
    assert.is((await loadKubeConfig({ kubeconfig: path, clock })).server.port, '8001')
  })
})

test('a context without user is anonymous', async () => {
  await withTempDir(async dir => {
    await writeFile(`${dir}/config`, kubeconfig({}).replace('user: u, ', ''))
    const { credentials } = await loadKubeConfig({ kubeconfig: `${dir}/config`, clock })
    assert.is(await credentials.authorization({ fresh: false }), undefined)
  })
})

test('bad text is refused without quoting it', async () => {
  await withTempDir(async dir => {
    await writeFile(`${dir}/config`, 'users:\n  - token: s3cret\n token: [')
    const error = await problemOf({ kubeconfig: `${dir}/config` })
    assert.is(error.reason, 'KubeConfigInvalid')
    assert.not.match(error.message, 's3cret')
    assert.is((await problemOf({ kubeconfig: `${dir}/none` })).reason, 'KubeConfigUnreadable')
    assert.is((await problemOf({})).reason, 'KubeConfigMissing')
    await writeFile(`${dir}/config`, kubeconfig({}))
    assert.match(
      (await problemOf({ kubeconfig: `${dir}/config`, context: 'other' })).message,
      'named "other"',
    )
  })
})

test('a pod finds the API server by what kubelet mounts, IPv6 included', async () => {
  await withTempDir(async directory => {
    await writeFile(`${directory}/ca.crt`, pem.cert)
    await writeFile(`${directory}/namespace`, 'team\n')
    await writeFile(`${directory}/token`, 'one')
    const config = await loadKubeConfig({ inCluster: { host: 'fd00::1', port: '443', directory }, clock })
    assert.equal([config.server.hostname, config.ca, config.namespace], ['[fd00::1]', pem.cert, 'team'])
    assert.is((await config.credentials.authorization({ fresh: false }))?.reveal(), 'Bearer one')
    await writeFile(`${directory}/ca.crt`, '')
    const { reason, message } = await problemOf({ inCluster: { host: 'a', port: '443', directory } })
    assert.is(reason, 'KubeConfigInvalid')
    assert.match(message, `file "${directory}/ca.crt"`)
  })
})

test('the environment of a pod names the API server, that of others does not', () => {
  const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' }
  assert.equal(inClusterFrom(env), { host: '10.0.0.1', port: '443' })
  assert.is(inClusterFrom({ ...env, KUBERNETES_SERVICE_PORT: '' }), undefined)
  assert.is(inClusterFrom({}), undefined)
})

test('a token file is read again after ten seconds', async () => {
  await withTempDir(async dir => {
    const manual = createManualClock()
    await writeFile(`${dir}/token`, 'one')
    const credentials = tokenFileCredentials(`${dir}/token`, { clock: manual })
    const first = await credentials.authorization({ fresh: false })
    await writeFile(`${dir}/token`, 'two')
    assert.is(await credentials.authorization({ fresh: false }), first)
    await manual.advance(10_000)
    assert.is((await credentials.authorization({ fresh: false }))?.reveal(), 'Bearer two')
  })
})

test.run()
