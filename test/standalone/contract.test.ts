// Runs the table against a control plane of our own; with CONNECTORS_CONTRACT_KUBECONFIG against that cluster.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runCommand } from '../helpers/command.ts'
import { callApi, type Endpoint, type Json, type Reply, withControlPlane } from '../helpers/control-plane.ts'
import { waitFor } from '../helpers/poll.ts'
import { absent, type Section, type Step, widgetDefinition } from './contract/words.ts'
import { contract } from './contract.ts'

const test = suite('standalone/contract')
const kubeconfig = process.env['CONNECTORS_CONTRACT_KUBECONFIG']

async function withEndpoint(use: (endpoint: Endpoint) => Promise<void>): Promise<void> {
  if (kubeconfig === undefined) await withControlPlane(use, { definitions: null })
  else await use(await endpointOf(kubeconfig))
}

async function endpointOf(path: string): Promise<Endpoint> {
  // It chooses the context, and puts in the files that the configuration may name instead.
  const view = ['config', 'view', `--kubeconfig=${path}`, '--minify', '--flatten', '--raw', '--output=json']
  const { status, stdout, stderr } = await runCommand('kubectl', view)
  assert.is(status, 0, stderr)
  const config: Json = JSON.parse(stdout)
  const decoded = (text?: string) => (text === undefined ? undefined : Buffer.from(text, 'base64').toString())
  const { cluster } = config.clusters[0]
  const { user } = config.users[0]
  return {
    url: cluster.server,
    caPem: decoded(cluster['certificate-authority-data']) ?? '',
    token: user.token ?? null,
    certificate: decoded(user['client-certificate-data']),
    key: decoded(user['client-key-data']),
  }
}

type Saved = Map<string, string>

/** Puts saved values in place of `{name}`, in texts at any depth. */
function fill<T>(value: T, saved: Saved): T {
  if (typeof value === 'string')
    return value.replaceAll(/\{(\w+)\}/g, (whole, name) => saved.get(name) ?? whole) as T
  if (value instanceof RegExp) return new RegExp(fill(value.source, saved), value.flags) as T
  if (Array.isArray(value)) return value.map(item => fill(item, saved)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, fill(field, saved)])) as T
}

/** Where the actual value lacks what is expected, or undefined. */
function mismatch(expected: unknown, actual: unknown, path = ''): string | undefined {
  const complaint = `${path || 'body'}: expected ${String(JSON.stringify(expected) ?? String(expected))}, got ${JSON.stringify(actual)}`
  if (expected === absent) return actual === undefined ? undefined : complaint
  if (expected instanceof RegExp) {
    return typeof actual === 'string' && expected.test(actual)
      ? undefined
      : `${path}: ${expected} against ${JSON.stringify(actual)}`
  }
  if (typeof expected !== 'object' || expected === null) return expected === actual ? undefined : complaint
  if (typeof actual !== 'object' || actual === null) return complaint
  if (Array.isArray(expected) && (!Array.isArray(actual) || actual.length !== expected.length))
    return complaint
  for (const [name, field] of Object.entries(expected)) {
    const found = mismatch(field, (actual as Json)[name], `${path}.${name}`)
    if (found !== undefined) return found
  }
  return undefined
}

async function ask(endpoint: Endpoint, step: Step): Promise<Reply> {
  const [method = '', path = ''] = step.call.split(' ')
  const as =
    step.token === undefined ? endpoint : { ...endpoint, token: step.token || null, certificate: undefined }
  const headers: { [name: string]: string } = {}
  if (step.type !== undefined) headers['content-type'] = step.type
  if (step.accept !== undefined) headers['accept'] = step.accept
  return callApi(as, method, path, { body: step.body, headers })
}

function problem(step: Step, reply: Reply): string | undefined {
  if (reply.status !== step.status)
    return `status ${reply.status} instead of ${step.status}: ${reply.text.slice(0, 600)}`
  if (step.warning !== undefined && !step.warning.test(String(reply.headers['warning']))) {
    return `warning ${reply.headers['warning']}`
  }
  if (step.lines !== undefined) {
    const lines = reply.text.split('\n').filter(line => line !== '')
    return mismatch(
      step.lines,
      lines.map(line => JSON.parse(line)),
    )
  }
  return step.has === undefined ? undefined : mismatch(step.has, reply.body)
}

async function runSection(endpoint: Endpoint, section: Section, saved: Saved): Promise<void> {
  for (const raw of section.steps) {
    const step = fill(raw, saved)
    let reply = await ask(endpoint, step)
    if (step.eventually) {
      const fits = async () => {
        reply = await ask(endpoint, step)
        return problem(step, reply) === undefined
      }
      // A real garbage collector looks for new kinds every half minute.
      await waitFor(fits, { what: step.call, intervalMs: 100, timeoutMs: 90_000 })
    }
    const wrong = problem(step, reply)
    assert.is(wrong, undefined, `${step.call}: ${wrong}`)
    for (const [name, path] of Object.entries(step.save ?? {})) {
      saved.set(
        name,
        path.split('.').reduce((value, field) => value?.[field], reply.body),
      )
    }
  }
}

async function withNamespace(endpoint: Endpoint, use: (namespace: string) => Promise<void>): Promise<void> {
  const namespace = `contract-${crypto.randomUUID().slice(0, 8)}`
  const made = await callApi(endpoint, 'POST', '/api/v1/namespaces', {
    body: { metadata: { name: namespace } },
  })
  assert.is(made.status, 201)
  try {
    await use(namespace)
  } finally {
    await callApi(endpoint, 'DELETE', `/api/v1/namespaces/${namespace}`, {})
  }
}

async function defineWidgets(endpoint: Endpoint): Promise<void> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  const made = await callApi(endpoint, 'POST', path, { body: widgetDefinition })
  assert.ok([201, 409].includes(made.status), made.text)
  await waitFor(
    async () => (await callApi(endpoint, 'GET', '/apis/contract.test/v1/widgets', {})).status === 200,
  )
}

for (const section of contract) {
  test(section.name, async () => {
    await withEndpoint(async endpoint => {
      await defineWidgets(endpoint)
      await withNamespace(endpoint, async namespace => {
        await runSection(endpoint, section, new Map([['ns', namespace]]))
      })
    })
  })
}

test.run()
