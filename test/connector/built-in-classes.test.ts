// The files that the built-in classes render, with values that break what is not encoded.
import { readdirSync, readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import type { ConnectorClass } from '../../connector/connector-class.ts'
import type { Param } from '../../connector/param.ts'
import { renderVolume } from '../../connector/render.ts'
import { Sensitive } from '../../connector/sensitive.ts'
import { validateConnectorClass } from '../../connector/validate-class.ts'

const test = suite('connector/built-in-classes')
const folder = new URL('../../classes/', import.meta.url)

function builtIn(name: string): ConnectorClass {
  return parse(readFileSync(new URL(`${name}.yaml`, folder), 'utf8'))
}

type Sample = {
  readonly name: string
  readonly address?: string
  readonly proxy?: string
  readonly params?: readonly Param[]
}

function rendered(
  className: string,
  configuration: string,
  samples: readonly Sample[],
  token = 'tok',
): string {
  const connectorClass = builtIn(className)
  const connectors = samples.map(({ name, address = 'https://tool.example', proxy, params = [] }) => ({
    connector: {
      metadata: { name, namespace: 'ns' },
      spec: { connectorClassName: className, address, params },
      status: { proxy: { httpAddress: { url: proxy ?? `http://c-${name}.ns.svc` } } },
    },
    connectorClass,
    token: new Sensitive(token),
  }))
  const { files } = renderVolume({
    connectors,
    configurationNames: [configuration],
    excludedFiles: new Set(['context.token', 'connector.status.proxyAddress']),
    parameters: {},
    context: {
      token: new Sensitive(token),
      fileToken: new Sensitive(token),
      namespace: 'ns',
      serviceAccount: 'sa',
      pod: 'p',
    },
  })
  assert.is(files.size, 1)
  return new TextDecoder().decode([...files.values()][0])
}

test('every built-in class is valid', () => {
  for (const file of readdirSync(folder)) {
    assert.equal(validateConnectorClass(builtIn(file.replace('.yaml', ''))), [], file)
  }
})

test('oci: an entry for each host of a proxy, whose password is the token', () => {
  const text = rendered('oci', 'registry-config', [
    { name: 'a', proxy: 'http://c-a.ns.svc:8080/namespaces/ns/connectors/a' },
    { name: 'b', proxy: 'http://c-b.ns.svc/namespaces/ns/connectors/b' },
  ])
  const auth = btoa('connector-proxy:tok')
  assert.equal(JSON.parse(text), { auths: { 'c-a.ns.svc:8080': { auth }, 'c-b.ns.svc': { auth } } })
})

test('maven: each Connector is a repository, with a mirror and a login at the proxy', () => {
  const text = rendered('maven', 'settings', [
    { name: 'libs', address: 'https://maven.example:8443/repo' },
    { name: 'more' },
  ])
  assert.equal(elements(text, 'mirror'), [
    '<id>ns.libs-mirror</id><url>http://c-libs.ns.svc</url><mirrorOf>ns.libs</mirrorOf>',
    '<id>ns.more-mirror</id><url>http://c-more.ns.svc</url><mirrorOf>ns.more</mirrorOf>',
  ])
  assert.equal(elements(text, 'repository'), [
    '<id>ns.libs</id><url>https://maven.example:8443/repo</url>',
    '<id>ns.more</id><url>https://tool.example</url>',
  ])
  assert.equal(
    elements(text, 'server'),
    ['ns.libs-mirror', 'ns.more-mirror'].map(
      id => `<id>${id}</id><username>connector-proxy</username><password>tok</password>`,
    ),
  )
})

test('maven: useAsMirror puts everything through the first Connector that has it', () => {
  const params = [{ name: 'useAsMirror', value: 'true' }]
  const text = rendered('maven', 'settings', [{ name: 'a' }, { name: 'b', params }, { name: 'c', params }])
  assert.is(
    elements(text, 'mirror').at(-1),
    '<id>connectors-mirror</id><url>http://c-b.ns.svc</url><mirrorOf>*</mirrorOf>',
  )
  assert.ok(elements(text, 'server').at(-1)?.startsWith('<id>connectors-mirror</id>'))
  assert.not.ok(rendered('maven', 'settings', [{ name: 'a' }]).includes('connectors-mirror'))
})

test('maven: values are encoded for XML, and the declaration comes first', () => {
  const address = `https://maven.example/a?b=1&c=<d>"e"'`
  const text = rendered('maven', 'settings', [{ name: 'a', address, proxy: 'http://p/&' }], 'a<b>&c')
  assert.ok(text.startsWith('<?xml '))
  assert.equal(elements(text, 'repository'), [
    '<id>ns.a</id><url>https://maven.example/a?b=1&amp;c=&lt;d&gt;&#34;e&#34;&#39;</url>',
  ])
  assert.ok(text.includes('<url>http://p/&amp;</url>'))
  assert.ok(text.includes('<password>a&lt;b&gt;&amp;c</password>'))
  assert.equal(unbalanced(text), [])
})

/** What is in the elements of a name, without the white space between tags. */
function elements(xml: string, name: string): readonly string[] {
  const found = xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))
  return [...found].map(([, content = '']) => content.replaceAll(/>\s+</g, '><').trim())
}

function unbalanced(xml: string): readonly string[] {
  const open: string[] = []
  for (const [, closing, name = ''] of xml.matchAll(/<(\/?)([a-zA-Z]+)[^>]*>/g)) {
    if (closing === '') open.push(name)
    else if (open.at(-1) === name) open.pop()
    else return [...open, `/${name}`]
  }
  return open
}

test.run()
