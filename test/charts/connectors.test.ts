// The chart without Helm: its definitions, its values and the schema that closes them. What it renders: test/clients.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse, parseAllDocuments } from 'yaml'

const test = suite('charts/connectors')
const chart = join(import.meta.dirname, '../../charts/connectors')

type Json = { readonly [key: string]: unknown }
type Schema = { readonly $ref?: string; readonly properties?: Readonly<Record<string, Schema>> } & Json

const values: Json = parse(await readFile(join(chart, 'values.yaml'), 'utf8'))
const schema: Schema & { readonly definitions: Readonly<Record<string, Schema>> } = JSON.parse(
  await readFile(join(chart, 'values.schema.json'), 'utf8'),
)
const isValid = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema)

function resolved(found: Schema): Schema {
  const name = found.$ref?.replace('#/definitions/', '')
  return name === undefined ? found : (schema.definitions[name] ?? {})
}

/** Each object of the values with its path and schema. */
function* objectsIn(
  value: unknown,
  found: Schema,
  path: readonly string[] = [],
): Generator<readonly string[]> {
  const own = resolved(found)
  if (typeof value !== 'object' || value === null || own.properties === undefined) return
  yield path
  for (const [key, below] of Object.entries(value)) {
    yield* objectsIn(below, own.properties[key] ?? {}, [...path, key])
  }
}

function withKey(path: readonly string[], key: string): Json {
  const copy = structuredClone(values)
  let at = copy as Record<string, unknown>
  for (const step of path) at = at[step] as Record<string, unknown>
  at[key] = true
  return copy
}

test('the defaults are what the schema allows', () => {
  assert.ok(isValid(values), JSON.stringify(isValid.errors))
})

test('a misspelt value is refused wherever it stands', () => {
  const paths = [...objectsIn(values, schema)]
  assert.ok(paths.length > 20, `only ${paths.length} objects`)
  for (const path of paths) {
    assert.not(isValid(withKey(path, 'misspelt')), `${path.join('.')}.misspelt is accepted`)
    assert.equal(
      isValid.errors?.map(({ keyword, params }) => [keyword, params['additionalProperty']]),
      [['additionalProperties', 'misspelt']],
      path.join('.'),
    )
  }
})

test('every object of the schema is closed, or a map of strings', () => {
  const open: string[] = []
  const look = (at: unknown, path: string) => {
    if (typeof at !== 'object' || at === null) return
    const { type, additionalProperties } = at as Json
    const isClosed = additionalProperties === false
    const isStrings = JSON.stringify(additionalProperties) === '{"type":"string"}'
    if (type === 'object' && !isClosed && !isStrings) open.push(path)
    for (const [key, below] of Object.entries(at)) look(below, `${path}/${key}`)
  }
  look(schema, '')
  // Helm puts into it whatever a chart that depends on this one has.
  assert.equal(open, ['/properties/global'])
})

test('every value is listed with its default', () => {
  const missing = [...objectsIn(values, schema)].flatMap(path => {
    let at: unknown = values
    let own = resolved(schema)
    for (const step of path) {
      at = (at as Json)[step]
      own = resolved(own.properties?.[step] ?? {})
    }
    return Object.keys(own.properties ?? {})
      .filter(key => !Object.hasOwn(at as Json, key))
      .map(key => [...path, key].join('.'))
  })
  const optional = /^global$|[.]resources[.](requests|limits)[.][a-z-]+$/
  assert.equal(
    missing.filter(key => !optional.test(key)),
    [],
  )
})

test('a definition is one CustomResourceDefinition of our group, with one place for annotations', async () => {
  const files = (await readdir(join(chart, 'definitions'))).sort()
  assert.equal(files, ['connectorclasses.yaml', 'connectors.yaml', 'resourceinterfaces.yaml'])
  for (const file of files) {
    const text = await readFile(join(chart, 'definitions', file), 'utf8')
    assert.is(text.includes('{{'), false, `${file} is no template`)
    const [document, ...more] = parseAllDocuments(text)
    assert.is(more.length, 0, file)
    const { kind, metadata, spec } = document?.toJS() as { kind: string; metadata: Json; spec: Json }
    assert.is(kind, 'CustomResourceDefinition')
    assert.is(metadata['name'], `${file.replace('.yaml', '')}.connectors.alauda.io`)
    assert.is(spec['group'], 'connectors.alauda.io')
    // templates/crds.yaml adds Helm's annotation as text, right below this line.
    assert.is(text.split('\nmetadata:\n').length, 2, file)
    assert.is(metadata['annotations'], undefined, file)
  }
})

test.run()
