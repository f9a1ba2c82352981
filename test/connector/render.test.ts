import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Configuration, ConnectorClass } from '../../connector/connector-class.ts'
import { maxVolumeBytes, renderVolume, type VolumeInput } from '../../connector/render.ts'
import { Sensitive } from '../../connector/sensitive.ts'

const test = suite('connector/render')

function classOf(name: string, ...configurations: readonly Configuration[]): ConnectorClass {
  return { metadata: { name }, spec: { configurations } }
}

function of(
  name: string,
  connectorClass: ConnectorClass,
  url: string | undefined = `http://c-${name}.ns.svc/`,
) {
  const status = url === undefined ? {} : { proxy: { httpAddress: { url } } }
  return {
    connector: { metadata: { name, namespace: 'ns' }, spec: { address: `https://${name}` }, status },
    connectorClass,
    token: new Sensitive(`token of ${name}`),
  }
}

function input(change: Partial<VolumeInput>): VolumeInput {
  return {
    connectors: [],
    configurationNames: [],
    excludedFiles: new Set(),
    parameters: {},
    context: {
      token: new Sensitive('tok'),
      fileToken: new Sensitive('tok'),
      namespace: 'ns',
      serviceAccount: 'sa',
      pod: 'p',
    },
    ...change,
  }
}

function texts(change: Partial<VolumeInput>): Readonly<Record<string, string>> {
  const { files } = renderVolume(input(change))
  return Object.fromEntries([...files].map(([name, bytes]) => [name, new TextDecoder().decode(bytes)]))
}

const builtIn = (name: string) => ({
  'context.token': 'tok',
  'connector.status.proxyAddress': `http://c-${name}.ns.svc`,
})

test('a volume holds the built-in files, less what is excluded', () => {
  const bare = classOf('bare')
  assert.equal(texts({ connectors: [of('a', bare), of('b', bare)] }), builtIn('b'))
  const excludedFiles = new Set(['context.token', 'absent'])
  assert.equal(Object.keys(texts({ connectors: [of('a', bare)], excludedFiles })), [
    'connector.status.proxyAddress',
  ])
})

test('a configuration sees its Connectors, the context and its parameters', () => {
  const configuration = {
    name: 'rc',
    params: [{ name: 'given' }, { name: 'kept', default: 'd' }],
    data: {
      f: '{{ range .connectors }}{{ .name }}={{ .status.proxyAddress }} {{ end }}{{ .connector.name }} {{ .context.token }}',
      g: '{{ .configurations.given }}{{ .configurations.kept }}{{ .configurations.other }}{{ .context.pod }}',
    },
  }
  const one = classOf('one', configuration)
  const files = texts({
    connectors: [of('a', one), of('b', one)],
    configurationNames: ['rc'],
    parameters: { rc: { given: '1', other: '2' } },
  })
  assert.equal(files, {
    ...builtIn('b'),
    f: 'a=http://c-a.ns.svc b=http://c-b.ns.svc a tok',
    g: '1d2p',
  })
})

test('of two classes that render one file the one of the later Connector wins, of two configurations the later', () => {
  const first = classOf(
    'first',
    { name: 'x', data: { f: 'first' } },
    { name: 'y', data: { f: 'y', 'context.token': 'own' } },
  )
  const second = classOf('second', { name: 'x', data: { f: 'second', g: 'g' } })
  const [a, b, c] = [of('a', first), of('b', second), of('c', first)]
  for (const [connectors, configurationNames, f] of [
    [[a, b], ['x'], 'second'],
    [[b, a], ['x'], 'first'],
    [[a, b, c], ['x'], 'first'],
    [[b, a], ['y', 'x'], 'first'],
    [[a, b], ['x', 'y'], 'y'],
  ] as const) {
    assert.is(texts({ connectors, configurationNames })['f'], f)
  }
  assert.is(texts({ connectors: [a], configurationNames: ['y'] })['context.token'], 'own')
  const partly = renderVolume(input({ connectors: [b], configurationNames: ['x', 'absent'] }))
  assert.equal(partly.missingConfigurations, ['absent'])
})

test('each Connector has a token of its own, and a file that gives all hosts the joint one is named', () => {
  const data = {
    own: '{{ range .connectors }}{{ .name }}={{ .token }} {{ end }}{{ .connector.token }}',
    joint: '{{ .context.token }}',
    none: '{{ .context.namespace }}{{ if false }}{{ .context.token }}{{ end }}',
  }
  const of_ = (name: string, url?: string) => of(name, classOf('c', { name: 'x', data }), url)
  const render = (...connectors: ReturnType<typeof of>[]) =>
    renderVolume(input({ connectors, configurationNames: ['x'] }))
  const both = render(of_('a'), of_('b'))
  const own = new TextDecoder().decode(both.files.get('own'))
  assert.is(own, 'a=token of a b=token of b token of a')
  assert.equal(both.exposedFiles, ['x/joint'])
  // With one Connector there is nothing to keep apart, and the installation's own host is no neighbour's.
  assert.equal(render(of_('a')).exposedFiles, [])
  const byPath = (name: string) =>
    of_(name, `http://p.connectors-system.svc/namespaces/ns/connectors/${name}`)
  assert.equal(render(byPath('a'), byPath('b')).exposedFiles, [])
  // By name and path at once, the name is what leads there.
  const byBoth = (name: string) => of_(name, `http://c-${name}.ns.svc/namespaces/ns/connectors/${name}`)
  assert.equal(render(byPath('a'), byBoth('b')).exposedFiles, ['x/joint'])
})

test('a volume that cannot be made is refused with its reason', () => {
  const needy = classOf('needy', { name: 'x', params: [{ name: 'p' }], data: { f: '' } })
  const of_ = (data: Readonly<Record<string, string>>) => [of('a', classOf('c', { name: 'x', data }))]
  for (const [reason, change] of [
    ['ConfigurationNotFound', { connectors: [of('a', needy)], configurationNames: ['absent'] }],
    ['ConfigurationParamMissing', { connectors: [of('a', needy)], configurationNames: ['x'] }],
    ['ConfigurationParamsInvalid', { connectors: [of('a', needy)], parameters: { x: {} } }],
    ['ProxyAddressMissing', { connectors: [of('a', needy, '')] }],
    ['FileNameInvalid', { connectors: of_({ '../f': '' }), configurationNames: ['x'] }],
    ['TemplateInvalid', { connectors: of_({ f: '{{ fail "no" }}' }), configurationNames: ['x'] }],
    ['VolumeTooLarge', { connectors: of_({ f: 'a'.repeat(maxVolumeBytes) }), configurationNames: ['x'] }],
  ] as const) {
    assert.throws(
      () => renderVolume(input(change)),
      (error: { reason: string; message: string }) =>
        error.reason === reason && !error.message.includes('tok"'),
      reason,
    )
  }
})

test.run()
