// The attribute table, and what attacks it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectorsError } from '../../connector/errors.ts'
import { parseAttributes } from '../../csi/attributes.ts'

const test = suite('csi/attributes')
const parse = (context: Record<string, string>) => parseAttributes(context, { namespace: 'team' })

const connectorsOf: readonly [Record<string, string>, string][] = [
  [{ connectors: 'a' }, 'team/a'],
  [{ connectors: ' a , other/b ' }, 'team/a other/b'],
  [{ 'connector.name': 'a' }, 'team/a'],
  [{ connectorName: 'a', connectorNamespace: 'other' }, 'other/a'],
  [{ connectorName: 'a', 'connector.name': 'a' }, 'team/a'],
  [{ 'connector.name': 'a', 'connector.namespace': '' }, 'team/a'],
  [{ connectors: 'a', 'connector.name': 'a', 'connector.namespace': 'team' }, 'team/a'],
  [{ connectors: 'a.b-c', 'csi.storage.k8s.io/whatever': 'x' }, 'team/a.b-c'],
]

test('Connectors are named in either form', () => {
  for (const [context, expected] of connectorsOf) {
    const keys = parse(context).connectors.map(({ namespace, name }) => `${namespace}/${name}`)
    assert.is(keys.join(' '), expected, JSON.stringify(context))
  }
})

test('configurations, left out files, parameters and expiration', () => {
  const parsed = parse({
    connectors: 'a',
    'configuration.names': 'one, two ,!.env',
    'configuration.params': '{"one":{"k":"v","list":[1]}}',
    'token.expiration': '1h30m',
  })
  assert.equal(parsed.configurationNames, ['one', 'two'])
  assert.equal([...parsed.excludedFiles], ['.env'])
  assert.equal({ ...parsed.parameters }, { one: { k: 'v', list: [1] } })
  assert.is(parsed.tokenExpirationMs, 5_400_000)
  const bare = parse({ connectors: 'a', 'configuration.names': '', 'token.expiration': '' })
  assert.equal([bare.configurationNames, bare.tokenExpirationMs], [[], undefined])
})

const deep = (levels: number) => `{"a":{"b":${'['.repeat(levels)}${']'.repeat(levels)}}}`
const params = (json: string) => ({ connectors: 'a', 'configuration.params': json })

const refused: readonly [string, Record<string, string>][] = [
  ['nothing', {}],
  ['only empty values', { connectors: ' ', 'connector.name': '' }],
  ['an unknown name', { connectors: 'a', Connectors: 'a' }],
  ['a name of Object', { connectors: 'a', constructor: 'a' }],
  ['a prototype', JSON.parse('{"connectors":"a","__proto__":"a"}')],
  ['alias against name', { connectorName: 'a', 'connector.name': 'b' }],
  ['forms that disagree', { connectors: 'a', 'connector.name': 'b' }],
  [
    'forms that disagree in the namespace',
    { connectors: 'a', 'connector.name': 'a', connectorNamespace: 'b' },
  ],
  ['one of two', { connectors: 'a,b', 'connector.name': 'a' }],
  ['a namespace alone', { connectors: 'a', connectorNamespace: 'team' }],
  ['a Connector twice', { connectors: 'a,a' }],
  ['a Connector twice in two spellings', { connectors: 'a,team/a' }],
  ['an empty item', { connectors: 'a,,b' }],
  ['too many', { connectors: Array.from({ length: 65 }, (_, at) => `c${at}`).join() }],
  ['three parts', { connectors: 'a/b/c' }],
  ['dots as namespace', { connectors: '../a' }],
  ['dots as name', { connectors: 'team/..' }],
  ['NUL', { connectors: 'a\0b' }],
  ['a line break', { connectors: 'a\nb' }],
  ['upper case', { connectors: 'A' }],
  ['a long name', { connectors: 'a'.repeat(254) }],
  ['a long namespace', { connectors: `${'a'.repeat(64)}/b` }],
  ['a huge value', { connectors: 'a,'.repeat(40_000) }],
  ['a path as configuration', { connectors: 'a', 'configuration.names': '../x' }],
  ['a path as left out file', { connectors: 'a', 'configuration.names': '!/etc/passwd' }],
  ['the reserved link', { connectors: 'a', 'configuration.names': '!..data' }],
  ['a configuration twice', { connectors: 'a', 'configuration.names': 'x,x' }],
  ['a lone exclamation mark', { connectors: 'a', 'configuration.names': '!' }],
  ['params that are not JSON', params('{')],
  ['params that are a list', params('[]')],
  ['params that are null', params('null')],
  ['params of a configuration that are a string', params('{"a":"canary-param"}')],
  ['deep params', params(deep(20))],
  ['a JSON bomb', params(deep(30_000))],
  ['huge params', params(`{"a":{"b":"${'x'.repeat(70_000)}"}}`)],
  ['a short expiration', { connectors: 'a', 'token.expiration': '9m59s' }],
  ['no expiration', { connectors: 'a', 'token.expiration': '0' }],
  ['a number as expiration', { connectors: 'a', 'token.expiration': '3600' }],
  ['a negative expiration', { connectors: 'a', 'token.expiration': '-1h' }],
]

test('nonsense is refused with one short line', () => {
  for (const [name, context] of refused) {
    try {
      parse(context)
    } catch (error) {
      assert.instance(error, ConnectorsError, name)
      const { code, message } = error as ConnectorsError
      assert.is(code, 'INVALID', name)
      assert.is(/[\0-\x1f\x7f]|canary/.test(message), false, name)
      assert.ok(message.length < 400, name)
      continue
    }
    assert.unreachable(`accepted: ${name}`)
  }
})

test('what looks like a prototype in params is only a name', () => {
  const { parameters } = parse(params('{"__proto__":{"x":"1"},"constructor":{"y":"2"}}'))
  assert.equal(Object.keys(parameters).sort(), ['__proto__', 'constructor'])
  assert.is(({} as Record<string, unknown>)['x'], undefined)
  assert.is(parse({ connectors: 'a' }).parameters['constructor'], undefined)
})

test.run()
