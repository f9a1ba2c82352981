// The real kubectl against the embedded control plane. CONNECTORS_KUBECTL names the program, else PATH has it.
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type BootedControlPlane, withControlPlane } from '../helpers/control-plane.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const test = suite('clients/kubectl')
const program = process.env['CONNECTORS_KUBECTL'] ?? 'kubectl'

interface Result {
  readonly code: number
  readonly out: string
  readonly err: string
}

interface Kubectl {
  /** Runs kubectl and expects it to succeed; returns what it printed. */
  (...args: string[]): Promise<string>
  readonly run: (args: readonly string[], more?: { env?: object; input?: string }) => Promise<Result>
  readonly plane: BootedControlPlane
}

function exec(args: readonly string[], env: object, input: string | undefined): Promise<Result> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...env }, timeout: 30_000 }
    const child = execFile(program, args, options, (error, out, err) => {
      if (error !== null && typeof error.code !== 'number') {
        const hint = 'set CONNECTORS_KUBECTL to a kubectl 1.34, or put one on PATH'
        reject(new Error(`Cannot run "${program}" as kubectl: ${error.message.split('\n')[0]}; ${hint}`))
      } else resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
    child.stdin?.end(input)
  })
}

async function withKubectl(use: (kubectl: Kubectl) => Promise<void>): Promise<void> {
  await withTempDir(dir =>
    withControlPlane(async plane => {
      const config = join(dir, 'kubeconfig')
      await writeFile(config, plane.kubeconfig, { mode: 0o600 })
      await mkdir(join(dir, 'home'))
      const own = { KUBECONFIG: config, HOME: join(dir, 'home'), KUBE_EDITOR: '' }
      const run: Kubectl['run'] = (args, { env = {}, input } = {}) => exec(args, { ...own, ...env }, input)
      const kubectl = async (...args: string[]) => {
        const { code, out, err } = await run(args)
        assert.is(code, 0, `kubectl ${args.join(' ')}: ${err}`)
        return out
      }
      await use(Object.assign(kubectl, { run, plane }))
    }),
  )
}

const manifests = (address: string, password: string) => `
apiVersion: v1
kind: Secret
metadata: {name: credential}
type: kubernetes.io/basic-auth
stringData: {username: user, password: ${password}}
---
apiVersion: connectors.alauda.io/v1alpha1
kind: ConnectorClass
metadata: {name: git}
spec:
  auth: {types: [{name: basicAuth, secretType: kubernetes.io/basic-auth}]}
---
apiVersion: connectors.alauda.io/v1alpha1
kind: Connector
metadata: {name: repo, labels: {team: a}}
spec:
  connectorClassName: git
  address: ${address}
  auth: {name: basicAuth, secretRef: {name: credential}}
`

async function apply({ run }: Kubectl, text: string, ...more: string[]): Promise<Result> {
  return run(['apply', '-f', '-', ...more], { input: text })
}

function rows(table: string): string[][] {
  return table
    .trim()
    .split('\n')
    .map(line => line.trim().split(/ {2,}/))
}

async function setReady({ plane }: Kubectl, status: string): Promise<void> {
  const conditions = [{ type: 'Ready', status, reason: status === 'True' ? 'Ready' : 'SecretNotFound' }]
  const path = '/apis/connectors.alauda.io/v1alpha1/namespaces/default/connectors/repo/status'
  const headers = { 'content-type': 'application/merge-patch+json' }
  assert.is((await plane.call('PATCH', path, { body: { status: { conditions } }, headers })).status, 200)
}

test('apply creates, leaves alone, and changes', async () => {
  await withKubectl(async kubectl => {
    const outcome = ({ out }: Result) =>
      out
        .trim()
        .split('\n')
        .map(line => line.split(' ').at(-1))
    const text = manifests('https://one.example.com', 'secret1')
    assert.equal(outcome(await apply(kubectl, text)), ['created', 'created', 'created'])
    assert.equal(outcome(await apply(kubectl, text)).slice(1), ['unchanged', 'unchanged'])
    const changed = manifests('https://two.example.com', 'secret2').replace(', labels: {team: a}', '')
    assert.equal(outcome(await apply(kubectl, changed)), ['configured', 'unchanged', 'configured'])
    const address = await kubectl(
      'get',
      'connector',
      'repo',
      '-o',
      'jsonpath={.spec.address} {.metadata.labels}',
    )
    assert.is(address, 'https://two.example.com ')
    const password = await kubectl('get', 'secret', 'credential', '-o', 'jsonpath={.data.password}')
    assert.is(Buffer.from(password, 'base64').toString(), 'secret2')
    assert.is((await apply(kubectl, changed, '--dry-run=server')).code, 0)
    const diff = await kubectl.run(['diff', '-f', '-'], { input: text })
    assert.is(diff.code, 1, diff.err)
  })
})

test('apply refuses an unknown field and a wrong type', async () => {
  await withKubectl(async kubectl => {
    const unknown = await apply(kubectl, manifests('https://a', 'p').replace('  address:', '  adress:'))
    assert.is(unknown.code, 1)
    assert.match(unknown.err, /unknown field "spec.adress"/)
    const wrong = await apply(kubectl, manifests('[https://a]', 'p'))
    assert.match(
      wrong.err,
      /The Connector "repo" is invalid: \n\* spec.address: .* must be of type string: "array"/,
    )
  })
})

test('get prints our columns, in all forms', async () => {
  await withKubectl(async kubectl => {
    await apply(kubectl, manifests('https://git.example.com', 'p'))
    await setReady(kubectl, 'False')
    const [head, row] = rows(await kubectl('get', 'connectors', '-A'))
    assert.equal(head, ['NAMESPACE', 'NAME', 'CLASS', 'ADDRESS', 'READY', 'REASON', 'AGE'])
    assert.equal(row?.slice(0, 6), [
      'default',
      'repo',
      'git',
      'https://git.example.com',
      'False',
      'SecretNotFound',
    ])
    assert.equal(rows(await kubectl('get', 'connectorclasses'))[0], ['NAME', 'READY', 'REASON', 'AGE'])
    const interfaces = new URL('../../resource-interface/definitions/', import.meta.url).pathname
    await kubectl('apply', '-f', `${interfaces}gitcoderepository.yaml`)
    assert.equal(
      rows(await kubectl('get', 'resourceinterfaces')).map(cells => cells.slice(0, 2)),
      [
        ['NAME', 'CATEGORY'],
        ['gitcoderepository', 'GitCodeRepository'],
      ],
    )
    assert.equal(rows(await kubectl('get', 'secrets', '-o', 'wide'))[1]?.slice(0, 3), [
      'credential',
      'kubernetes.io/basic-auth',
      '2',
    ])
    assert.match(await kubectl('get', 'alauda'), /connector.connectors.alauda.io\/repo/)
    assert.is(
      (await kubectl('get', 'connectors', '-o', 'name')).trim(),
      'connector.connectors.alauda.io/repo',
    )
    assert.is(JSON.parse(await kubectl('get', 'connectors', '-o', 'json')).items[0].metadata.name, 'repo')
    assert.match(await kubectl('get', 'connector', 'repo', '-o', 'yaml'), /connectorClassName: git/)
    assert.match(await kubectl('get', 'connectors', '-l', 'team in (a,b)', '--no-headers'), /^repo/)
    assert.is(await kubectl('get', 'connectors', '-l', 'team=b', '--no-headers'), '')
    assert.match(await kubectl('get', 'connectors', '--sort-by', '.metadata.name'), /repo/)
    assert.match(await kubectl('get', 'connectors', '--chunk-size=1'), /repo/)
    const missing = await kubectl.run(['get', 'connector', 'none'])
    assert.is(
      missing.err.trim(),
      'Error from server (NotFound): connectors.connectors.alauda.io "none" not found',
    )
  })
})

test('describe shows the object and its events', async () => {
  await withKubectl(async kubectl => {
    await apply(kubectl, manifests('https://git.example.com', 'top-secret'))
    const uid = await kubectl('get', 'connector', 'repo', '-o', 'jsonpath={.metadata.uid}')
    const event = {
      metadata: { name: 'repo.1' },
      involvedObject: { kind: 'Connector', name: 'repo', namespace: 'default', uid },
      reason: 'SecretNotFound',
      message: 'the secret is not there',
      type: 'Warning',
      source: { component: 'connectors' },
    }
    await kubectl.plane.call('POST', '/api/v1/namespaces/default/events', { body: event })
    const text = await kubectl('describe', 'connector', 'repo')
    assert.match(text, /Connector Class Name: +git/)
    assert.match(text, /Warning +SecretNotFound .*the secret is not there/)
    assert.match(await kubectl('get', 'events'), /Warning +SecretNotFound +connector\/repo/)
    const secret = await kubectl('describe', 'secret', 'credential')
    assert.match(secret, /password: +10 bytes/)
    assert.not.match(secret, /top-secret/)
    assert.match(
      await kubectl('describe', 'connectorclass', 'git'),
      /Secret Type: +kubernetes.io\/basic-auth/,
    )
  })
})

test('edit, patch, label, replace', async () => {
  await withKubectl(async kubectl => {
    await apply(kubectl, manifests('https://git.example.com', 'p'))
    const edited = await kubectl.run(['edit', 'connector', 'repo'], {
      env: { KUBE_EDITOR: 'sed -i s/git.example/new.example/' },
    })
    assert.match(edited.out, /edited/)
    assert.match(await kubectl('get', 'connector', 'repo', '-o', 'jsonpath={.spec.address}'), /new.example/)
    const secret = await kubectl.run(['edit', 'secret', 'credential'], {
      env: { KUBE_EDITOR: 'sed -i s/cA==/cQ==/' },
    })
    assert.match(secret.out, /edited/)
    await kubectl(
      'patch',
      'connectorclass',
      'git',
      '--type=merge',
      '-p',
      '{"spec":{"params":[{"name":"x"}]}}',
    )
    await kubectl('patch', 'secret', 'credential', '-p', '{"stringData":{"extra":"1"}}')
    assert.match(await kubectl('get', 'secret', 'credential'), /3/)
    await kubectl('label', 'connector', 'repo', 'a=b')
    await kubectl('annotate', 'connector', 'repo', 'a=b')
    const json = await kubectl('get', 'connector', 'repo', '-o', 'json')
    const replaced = await kubectl.run(['replace', '-f', '-'], {
      input: json.replace('new.example', 'third.example'),
    })
    assert.match(replaced.out, /replaced/)
  })
})

test('wait sees a condition come, and an object go', async () => {
  await withKubectl(async kubectl => {
    await apply(kubectl, manifests('https://git.example.com', 'p'))
    await kubectl(
      'wait',
      '--for=condition=Established',
      'crd/connectors.connectors.alauda.io',
      '--timeout=5s',
    )
    const ready = kubectl('wait', '--for=condition=Ready', 'connector/repo', '--timeout=20s')
    await setReady(kubectl, 'True')
    assert.match(await ready, /condition met/)
    const gone = kubectl('wait', '--for=delete', 'connector/repo', '--timeout=20s')
    assert.match(await kubectl('delete', 'connector', 'repo'), /deleted/)
    await gone
    const late = await kubectl.run(['wait', '--for=condition=Ready', 'connectorclass/git', '--timeout=1s'])
    assert.match(late.err, /timed out waiting for the condition/)
  })
})

test('delete takes files, selectors and whole namespaces', async () => {
  await withKubectl(async kubectl => {
    const text = manifests('https://git.example.com', 'p')
    await apply(kubectl, text)
    assert.match(await kubectl('delete', 'connectors', '-l', 'team=a'), /"repo" deleted/)
    await apply(kubectl, text)
    assert.is((await kubectl.run(['delete', '-f', '-'], { input: text })).code, 0)
    await kubectl('create', 'namespace', 'team')
    await apply(kubectl, text, '-n', 'team')
    assert.match(await kubectl('delete', 'namespace', 'team'), /deleted/)
    assert.is((await kubectl.run(['get', 'connectors', '-n', 'team', '-o', 'name'])).out, '')
  })
})

test('explain describes our kinds and the built-in ones', async () => {
  await withKubectl(async kubectl => {
    assert.match(await kubectl('explain', 'connector.spec.auth.secretRef.name'), /The name of the Secret/)
    assert.match(await kubectl('explain', 'connectorclass', '--recursive'), /livenessProbe/)
    assert.match(await kubectl('explain', 'secret.stringData'), /never read back/)
    assert.is((await kubectl.run(['explain', 'connector.spec.none'])).code, 1)
  })
})

test('create, tokens and permissions', async () => {
  await withKubectl(async kubectl => {
    await kubectl('create', 'namespace', 'team')
    await kubectl('create', 'secret', 'generic', 's', '-n', 'team', '--from-literal=a=b')
    await kubectl('create', 'configmap', 'c', '-n', 'team', '--from-literal=a=b')
    await kubectl('create', 'serviceaccount', 'sa', '-n', 'team')
    await kubectl(
      'create',
      'role',
      'use',
      '-n',
      'team',
      '--verb=get',
      '--resource=connectors.connectors.alauda.io/proxy',
    )
    await kubectl('create', 'rolebinding', 'use', '-n', 'team', '--role=use', '--serviceaccount=team:sa')
    await kubectl('create', 'clusterrole', 'see', '--verb=get,list', '--resource=connectors')
    await kubectl(
      'create',
      'clusterrolebinding',
      'see',
      '--clusterrole=see',
      '--group=system:serviceaccounts',
    )
    assert.is(await kubectl('get', 'secret', 's', '-n', 'team', '-o', 'jsonpath={.data.a}'), 'Yg==')

    const as = ['--as', 'system:serviceaccount:team:sa', '-n', 'team']
    const canI = async (...what: string[]) =>
      (await kubectl.run(['auth', 'can-i', ...what, ...as])).out.trim()
    assert.is(await canI('get', 'connectors.connectors.alauda.io', '--subresource=proxy'), 'yes')
    assert.is(await canI('list', 'connectors'), 'yes')
    assert.is(await canI('get', 'secrets'), 'no')
    const list = await kubectl('auth', 'can-i', '--list', ...as)
    assert.match(list, /connectors.connectors.alauda.io\/proxy +\[\] +\[\] +\[get\]/)
    assert.match(await kubectl('auth', 'whoami'), /kubernetes-admin/)

    const token = (await kubectl('create', 'token', 'sa', '-n', 'team', '--duration=20m')).trim()
    const whoami = await kubectl.run([
      'auth',
      'whoami',
      '--token',
      token,
      '-o',
      'json',
      '--kubeconfig',
      '/dev/null',
      '--server',
      kubectl.plane.url,
      '--insecure-skip-tls-verify',
    ])
    assert.is(JSON.parse(whoami.out).status.userInfo.username, 'system:serviceaccount:team:sa')
    const other = await kubectl('create', 'token', 'sa', '-n', 'team', '--audience', 'connectors')
    const claims = JSON.parse(Buffer.from(other.split('.')[1] ?? '', 'base64url').toString())
    assert.equal(claims.aud, ['connectors'])
  })
})

test('discovery: versions and resources', async () => {
  await withKubectl(async kubectl => {
    assert.match(await kubectl('version'), /Server Version: v1\.34/)
    const resources = await kubectl('api-resources', '--categories=alauda', '-o', 'wide')
    assert.match(resources, /connectors +connectors.alauda.io\/v1alpha1 +true +Connector/)
    assert.match(await kubectl('api-versions'), /connectors.alauda.io\/v1alpha1/)
    const apply = await kubectl.run(['apply', '--server-side', '-f', '-'], {
      input: manifests('https://a', 'p'),
    })
    assert.match(apply.err, /server-side apply/)
  })
})

test.run()
