// The small languages that the server reads: JSONPath, selectors, durations, patches, schemas, protobuf.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { humanDuration } from '../../standalone/duration.ts'
import { cellAt, parseJsonPath } from '../../standalone/json-path.ts'
import type { Kind } from '../../standalone/kinds.ts'
import type { KubeObject } from '../../standalone/object.ts'
import { applyPatch } from '../../standalone/patch.ts'
import { parseProtobuf } from '../../standalone/protobuf.ts'
import { builtinKinds } from '../../standalone/resources.ts'
import { parseRoute } from '../../standalone/route.ts'
import { type Schema, shape, violations } from '../../standalone/schema.ts'
import { parseLabelSelector } from '../../standalone/selectors.ts'
import { StatusError } from '../../standalone/status.ts'

const test = suite('standalone/reading')

test('JSONPath: what columns use', () => {
  const object = {
    spec: {
      a: { 'b.c': 1 },
      list: [
        { n: 'x', v: 1 },
        { n: 'y', v: 2 },
      ],
      'with-dash': true,
    },
    labels: { 'tekton.dev/x': 'p' },
  }
  for (const [path, expected] of [
    ['.spec.with-dash', [true]],
    ['{.spec.with-dash}', [true]],
    ["$.spec.a['b.c']", [1]],
    ['.spec.a.b\\.c', [1]],
    ['.labels.tekton\\.dev/x', ['p']],
    ["['labels']['tekton.dev/x']", ['p']],
    ['.spec.list[1].v', [2]],
    ['.spec.list[-1].v', [2]],
    ['.spec.list[*].v', [1, 2]],
    ['.spec.list[?(@.n=="y")].v', [2]],
    ['.spec.list[?(@.v==1)].n', ['x']],
    ['.spec.none.deeper', []],
    ['.spec.list[9]', []],
    ['.spec.__proto__', []],
    ['.labels.tekton/x y', undefined],
    ['.spec[', undefined],
    ['.spec.list[?(@.v>1)]', undefined],
  ] as const) {
    if (expected === undefined) assert.throws(() => parseJsonPath(path), undefined, path)
    else assert.equal(parseJsonPath(path)(object), expected, path)
  }
})

test('cells: dates are ages, other values are themselves or JSON', () => {
  const object = { at: '2026-01-01T00:00:00Z', n: 1, o: { a: 1 }, z: null } as unknown as KubeObject
  const now = Date.parse('2026-01-01T00:01:00Z')
  assert.is(cellAt('.at', 'date')(object, now), '60s')
  assert.is(cellAt('.n', 'integer')(object, now), 1)
  assert.is(cellAt('.o', 'string')(object, now), '{"a":1}')
  assert.is(cellAt('.z', 'string')(object, now), null)
  assert.is(cellAt('.none', 'date')(object, now), null)
})

test('durations as kubectl shows them', () => {
  const minute = 60
  const hour = 3600
  const day = 24 * hour
  for (const [seconds, expected] of [
    [0, '0s'],
    [119, '119s'],
    [2 * minute, '2m'],
    [5 * minute + 30, '5m30s'],
    [10 * minute + 5, '10m'],
    [3 * hour - 1, '179m'],
    [3 * hour + 20 * minute, '3h20m'],
    [20 * hour, '20h'],
    [47 * hour, '47h'],
    [3 * day + 4 * hour, '3d4h'],
    [100 * day, '100d'],
    [730 * day, '2y'],
    [740 * day, '2y10d'],
    [3650 * day, '10y'],
    [-5, '<invalid>'],
  ] as const) {
    assert.is(humanDuration(seconds * 1000), expected)
  }
})

test('label selectors', () => {
  const object = (labels?: object) => ({ metadata: { labels } }) as unknown as KubeObject
  for (const [text, labels, expected] of [
    ['', undefined, true],
    ['a', { a: '' }, true],
    ['a==b', { a: 'b' }, true],
    ['a = b , c!=d', { a: 'b' }, true],
    ['a=b,c!=d', { a: 'b', c: 'd' }, false],
    ['!a', { a: '' }, false],
    ['a in (x, y)', { a: 'y' }, true],
    ['a in (x,y),b notin (z)', { a: 'x', b: 'z' }, false],
    ['a notin (x)', {}, true],
    ['a.b/c-d=1', { 'a.b/c-d': '1' }, true],
    ['n>3', { n: '4' }, true],
    ['n<3', { n: '4' }, false],
    ['a=', { a: '' }, true],
    ['constructor', {}, false],
  ] as const) {
    assert.is(parseLabelSelector(text)(object(labels)), expected, text)
  }
  for (const text of ['a in x', 'a,,b', ',', 'a=b,', 'a b', '(a)', 'a in (b']) {
    assert.throws(
      () => parseLabelSelector(text),
      (error: unknown) => error instanceof StatusError,
      text,
    )
  }
})

const service = builtinKinds.find(kind => kind.kind === 'Service') as Kind
const strategic = 'application/strategic-merge-patch+json'

test('strategic merge patches: merge keys, order, deletion, replacement', () => {
  const ports = [
    { port: 80, name: 'a', protocol: 'TCP' },
    { port: 81, name: 'b', protocol: 'TCP' },
  ]
  for (const [patch, expected] of [
    [{ ports: [{ port: 81, name: 'c' }] }, [ports[0], { port: 81, name: 'c', protocol: 'TCP' }]],
    [{ ports: [{ $patch: 'delete', port: 80 }] }, [ports[1]]],
    [
      { ports: [{ port: 82 }], '$setElementOrder/ports': [{ port: 82 }, { port: 80 }, { port: 81 }] },
      [{ port: 82 }, ...ports],
    ],
    [{ ports: [{ $patch: 'replace' }, { port: 1 }] }, [{ port: 1 }]],
    [{ ports: null }, undefined],
    [{ other: [1] }, ports],
  ] as const) {
    const { spec } = applyPatch({ spec: { ports } }, { spec: patch }, strategic, service) as {
      spec: { ports: unknown }
    }
    assert.equal(spec.ports, expected)
  }
  const replaced = applyPatch({ spec: { a: 1 } }, { spec: { $patch: 'replace', b: 2 } }, strategic, service)
  assert.equal(replaced, { spec: { b: 2 } })
  const retained = applyPatch({ spec: { a: 1, b: 2 } }, { spec: { $retainKeys: ['b'] } }, strategic, service)
  assert.equal(retained, { spec: { b: 2 } })
  const list = applyPatch({ l: ['x', 'y'] }, { '$deleteFromPrimitiveList/l': ['x'] }, strategic, service)
  assert.equal(list, { l: ['y'] })
})

test('schemas: shaping keeps what is known and free, and nothing reaches a prototype', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      map: {
        type: 'object',
        additionalProperties: { type: 'object', properties: { a: { type: 'string', default: 'd' } } },
      },
      free: { 'x-kubernetes-preserve-unknown-fields': true },
      mixed: {
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
        properties: { a: { type: 'string', default: 'd' } },
      },
      nullable: { type: 'string', nullable: true },
    },
  }
  const unknown: string[] = []
  const value: unknown = JSON.parse(
    '{"map":{"k":{"b":1},"__proto__":{"a":"x"}},"free":{"x":[null]},"mixed":{"z":1},"nullable":null,"odd":{"deep":1}}',
  )
  const shaped = shape(value, schema, unknown) as { map: object }
  assert.equal(unknown, ['map.k.b', 'odd'])
  assert.is(
    JSON.stringify(shaped),
    '{"map":{"k":{"a":"d"},"__proto__":{"a":"x"}},"free":{"x":[null]},"mixed":{"z":1,"a":"d"},"nullable":null}',
  )
  assert.equal(violations(shaped, schema), [])
  assert.is(({} as { a?: string }).a, undefined)
})

test('schemas: int or string, formats, nullable enums', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      port: { 'x-kubernetes-int-or-string': true },
      at: { type: 'string', format: 'date-time' },
      mode: { type: 'string', enum: ['a'], nullable: true },
      unknownFormat: { type: 'string', format: 'something' },
    },
  }
  const fieldsOf = (value: unknown) => violations(value, schema).map(cause => cause.field)
  assert.equal(fieldsOf({ port: 1, at: '2026-01-01T00:00:00.5+02:00', mode: null, unknownFormat: 'x' }), [])
  assert.equal(fieldsOf({ port: 'a' }), [])
  assert.equal(fieldsOf({ port: true, at: 'yesterday', mode: 'b' }), ['port', 'at', 'mode'])
})

test('routes', () => {
  for (const [method, target, expected] of [
    ['GET', '/api/v1/namespaces', 'list namespaces   '],
    ['GET', '/api/v1/namespaces/a', 'get namespaces  a a'],
    ['PUT', '/api/v1/namespaces/a/status', 'update namespaces status a a'],
    ['GET', '/api/v1/namespaces/a/secrets', 'list secrets  a '],
    ['GET', '/api/v1/namespaces/a/secrets/b', 'get secrets  a b'],
    ['GET', '/api/v1/secrets?watch=true', 'watch secrets   '],
    ['DELETE', '/api/v1/namespaces/a/secrets', 'deletecollection secrets  a '],
    ['POST', '/api/v1/namespaces/a/serviceaccounts/s/token', 'create serviceaccounts token a s'],
    ['PATCH', '/apis/g.x/v1/namespaces/a/things/t%20u/status', 'patch things status a t u'],
    ['GET', '/apis/g.x/v1', 'get    '],
    ['GET', '/api/v1/namespaces/../../../secrets', 'get    '],
  ] as const) {
    const { verb, resource, subresource, namespace, name } = parseRoute(method, target)
    assert.is([verb, resource, subresource, namespace, name].join(' '), expected, target)
  }
})

test('protobuf: a body is read, or refused in one piece', () => {
  const field = (number: number, bytes: Buffer | string) => {
    const value = Buffer.from(bytes)
    return Buffer.concat([Buffer.from([number * 8 + 2, value.length]), value])
  }
  const body = (kind: string, raw: Buffer) =>
    Buffer.concat([
      Buffer.from('k8s\0'),
      field(1, Buffer.concat([field(1, 'v1'), field(2, kind)])),
      field(2, raw),
    ])
  const metadata = field(
    1,
    Buffer.concat([
      field(1, 'n'),
      field(3, ''),
      field(8, ''),
      field(11, Buffer.concat([field(1, 'k'), field(2, 'v')])),
    ]),
  )
  const data = field(2, Buffer.concat([field(1, 'a'), field(2, 'b')]))
  assert.equal(parseProtobuf(body('Secret', Buffer.concat([metadata, data, Buffer.from([5 * 8, 1])]))), {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'n', labels: { k: 'v' } },
    data: { a: 'Yg==' },
    immutable: true,
  })
  const codeOf = (bytes: Buffer) => {
    try {
      return parseProtobuf(bytes)
    } catch (error) {
      return error instanceof StatusError ? error.code : error
    }
  }
  assert.is(codeOf(body('Deployment', metadata)), 415)
  assert.is(codeOf(body('Secret', field(9, 'x'))), 415)
  assert.is(codeOf(Buffer.from('k8s\0garbage')), 400)
  assert.is(codeOf(Buffer.from('{}')), 400)
  assert.is(codeOf(body('Secret', metadata).subarray(0, 20)), 400)
  assert.is(codeOf(Buffer.concat([Buffer.from('k8s\0'), Buffer.alloc(20, 0xff)])), 400)
})

test.run()
