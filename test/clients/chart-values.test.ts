// What becomes of each value of the chart: it is rendered, and the servers take the flags that come of it.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { parseControllerConfig } from '../../controller/config.ts'
import { parseCsiConfig } from '../../csi/config.ts'
import { parseProxyConfig } from '../../proxy/config.ts'
import { chart, containerOf, helmTemplate, one, type Rendered, render } from '../helpers/chart.ts'

const test = suite('clients/chart: values')

type Values = { readonly [key: string]: unknown }
const values: Values = parse(await readFile(join(chart, 'values.yaml'), 'utf8'))

/** With these, no value is without effect. */
const settings = [
  'serviceMonitor.enabled=true',
  'networkPolicies.metricsFrom=[{"podSelector":{}}]',
  'proxy.autoscaling.enabled=true',
]
const isSetAlready = /^(serviceMonitor\.enabled|proxy\.autoscaling\.enabled)$/

const others: Readonly<Record<string, unknown>> = {
  digest: `sha256:${'0'.repeat(64)}`,
  pullPolicy: 'Never',
  pullSecrets: ['other'],
  logLevel: 'warn',
  proxyExposedUrl: 'https://proxy.example.com',
  targetCpu: '77m',
  cpu: '77m',
  memory: '77Mi',
  kubeletDir: '/other',
  sealingKeyLifetime: '7h',
  fileMode: '0440',
  maxUnavailable: '20%',
  waitForRollout: true,
  tolerations: [{ key: 'other', operator: 'Exists' }],
  proxyNamespaces: ['other'],
  deny: ['203.0.113.0/24'],
  allow: ['2001:db8::/32'],
  metricsFrom: [{ podSelector: { matchLabels: { name: 'other' } } }],
}

function another(key: string, value: unknown): unknown {
  if (Object.hasOwn(others, key)) return others[key]
  if (typeof value === 'boolean') return !value
  if (value === 'auto') return false
  if (typeof value === 'number') return value + 1
  if (typeof value === 'object') return { other: 'other' }
  return /^[0-9]+[smh]$/.test(String(value)) ? '7m' : 'other'
}

function* leavesOf(value: unknown, path: readonly string[] = []): Generator<readonly [string, unknown]> {
  const isInner = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (isInner && Object.keys(value).length > 0) {
    for (const [key, below] of Object.entries(value)) yield* leavesOf(below, [...path, key])
  } else yield [path.join('.'), value]
}

test('every value changes what is rendered', async () => {
  const before = JSON.stringify(await render(settings))
  const leaves = [...leavesOf(values)].filter(([path]) => !isSetAlready.test(path))
  // Counted only where nothing scales it.
  const apart: Readonly<Record<string, readonly string[]>> = { 'proxy.replicas': [] }
  assert.ok(leaves.length > 50)
  for (const [path, value] of leaves) {
    const key = path.slice(path.lastIndexOf('.') + 1)
    const set = apart[path] ?? settings
    const unchanged = set === settings ? before : JSON.stringify(await render(set))
    const after = JSON.stringify(await render([...set, `${path}=${JSON.stringify(another(key, value))}`]))
    assert.is.not(after, unchanged, `${path} is dead`)
  }
})

// The level is of the process, not of a component.
const flagsOf = (workload: Rendered) =>
  (containerOf(workload).args as readonly string[]).slice(1).filter(arg => !arg.startsWith('--log-level='))

const extremes: readonly (readonly [what: string, set: readonly string[]])[] = [
  ['by default', []],
  [
    'at their least',
    [
      'controller.probeInterval="1s"',
      'controller.probeConcurrency=1',
      'proxy.authGrace="0s"',
      'controller.sealingKeyLifetime="1h"',
      'proxy.requestsPerCaller=1',
      'proxy.tunnelsPerCaller=1',
      'proxy.streamMax="0s"',
      'proxy.unsealedTokens=false',
      'upstream.deny=["::/0"]',
      'upstream.allow=["10.0.0.1"]',
      'proxy.drainTimeoutSeconds=1',
      'csi.kubeletDir="/k"',
      'csi.fileMode="400"',
    ],
  ],
  [
    'at their most',
    [
      'controller.probeConcurrency=1024',
      'controller.proxyExposedUrl="https://proxy.example.com:8443/base/"',
      'proxy.authGrace="1h30m"',
      'controller.sealingKeyLifetime="87600h"',
      'proxy.requestsPerCaller=100000',
      'proxy.tunnelsPerCaller=100000',
      'proxy.streamMax="1h30m"',
      'proxy.drainTimeoutSeconds=86400',
      `csi.kubeletDir="/${'k'.repeat(69)}"`,
      'csi.fileMode="0555"',
      'csi.requireReady=true',
    ],
  ],
]

for (const [what, set] of extremes) {
  test(`the servers take the flags of the values ${what}`, async () => {
    const objects = await render(set)
    const [controller, proxy, driver] = [
      one(objects, 'Deployment', 'connectors-controller-manager'),
      one(objects, 'Deployment', 'connectors-proxy'),
      one(objects, 'DaemonSet', 'connectors-csi'),
    ].map(flagsOf)
    // In a pod, loopback is the pod itself.
    assert.not.ok([controller, proxy, driver].flat().some(flag => flag?.startsWith('--allow-loopback')))
    assert.is(parseControllerConfig({ argv: controller ?? [], env: {} }).proxy.systemNamespace, 'system')
    assert.equal(parseProxyConfig({ argv: proxy ?? [], env: {} }).configMap, {
      namespace: 'system',
      name: 'connectors-config',
    })
    assert.is(parseProxyConfig({ argv: proxy ?? [], env: {} }).systemNamespace, 'system')
    const csi = parseCsiConfig({ argv: driver ?? [], env: { NODE_NAME: 'node' } })
    assert.equal([csi.nodeName, csi.systemNamespace], ['node', 'system'])
  })
}

const refusals: readonly (readonly [set: string, message: RegExp])[] = [
  ['image.tag="latest"', /image\.tag: "latest" names no version/],
  ['image.repository="connectors:latest"', /at '\/image\/repository'/],
  ['replicas=3', /additional properties 'replicas' not allowed/],
  ['proxy.replica=3', /at '\/proxy': additional properties 'replica' not allowed/],
  ['proxy.autoscaling.max=3', /at '\/proxy\/autoscaling': additional properties 'max' not allowed/],
  ['csi.resources.limits.mem="1Gi"', /at '\/csi\/resources\/limits': additional properties 'mem'/],
  ['csi.tolerations=[{"operater":"Exists"}]', /at '\/csi\/tolerations\/0'/],
  ['featureFlags.enable-everything=true', /at '\/featureFlags'/],
  ['upstream.deny=["tools.example"]', /at '\/upstream\/deny\/0'/],
  ['controller.sealingKeyLifetime="30m"', /at '\/controller\/sealingKeyLifetime'/],
  ['csi.fileMode="0666"', /at '\/csi\/fileMode'/],
  ['csi.tokenExpirationSeconds=60', /at '\/csi\/tokenExpirationSeconds'/],
  ['csi=null', /missing property 'csi'/],
  ['proxy.podLabels={"app.kubernetes.io/name":"x"}', /"app\.kubernetes\.io\/name" is the chart's own/],
  ['controller.probeInterval="0s"', /at '\/controller\/probeInterval'/],
  ['admissionPolicies.enabled="yes"', /at '\/admissionPolicies\/enabled'/],
  ['admissionPolicies.proxyNamespaces=["a.b"]', /at '\/admissionPolicies\/proxyNamespaces\/0'/],
  ['serviceMonitor.interval="1.5h"', /at '\/serviceMonitor\/interval'/],
  ['serviceMonitor.enabled=true', /networkPolicies\.metricsFrom must name who may read metrics/],
  ['proxy.autoscaling={"enabled":true,"minReplicas":5,"maxReplicas":2}', /must not be below minReplicas/],
]

for (const [set, message] of refusals) {
  test(`refuses ${set}`, async () => {
    const { status, stderr } = await helmTemplate([set])
    assert.is(status, 1, stderr)
    assert.match(stderr, message)
  })
}

test.run()
