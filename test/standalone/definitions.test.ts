// The product's CustomResourceDefinitions: every field says what it is, and no parser needs more than plain YAML.
import { readdir, readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import type { Json } from '../helpers/control-plane.ts'

const test = suite('standalone/definitions')
const folder = new URL('../../charts/connectors/definitions/', import.meta.url)

async function definitions(): Promise<Json[]> {
  const files = (await readdir(folder)).filter(name => name.endsWith('.yaml'))
  return Promise.all(files.map(async name => parse(await readFile(new URL(name, folder), 'utf8'))))
}

function undescribed(schema: Json, path: string): string[] {
  const nested: [string, Json][] = Object.entries(schema.properties ?? {}).map(([name, one]) => [
    `${path}.${name}`,
    one,
  ])
  if (schema.items !== undefined) nested.push([`${path}[]`, schema.items])
  const own = schema.description || path.endsWith('.metadata') || path.endsWith('[]') ? [] : [path]
  return [...own, ...nested.flatMap(([at, one]) => undescribed(one, at))]
}

function keysIn(value: Json): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, one]) => [key, ...keysIn(one)])
}

test('every field has a description', async () => {
  for (const { spec } of await definitions()) {
    for (const { schema } of spec.versions)
      assert.equal(undescribed(schema.openAPIV3Schema, spec.names.kind), [])
  }
})

test('all are v1alpha1 of one group, in one category, with the columns of the specification', async () => {
  const columns: { [kind: string]: string[] } = {
    Connector: ['Class', 'Address', 'Ready', 'Reason', 'Age'],
    ConnectorClass: ['Ready', 'Reason', 'Age'],
    ResourceInterface: ['Category', 'Age'],
  }
  for (const definition of await definitions()) {
    const { group, names, versions } = definition.spec
    assert.is(group, 'connectors.alauda.io')
    assert.is(definition.metadata.name, `${names.plural}.${group}`)
    assert.equal(names.categories, ['alauda'])
    assert.equal(
      versions.map((version: Json) => version.name),
      ['v1alpha1'],
    )
    const expected = columns[names.kind]
    if (expected === undefined) continue
    assert.equal(
      versions[0].additionalPrinterColumns.map((column: Json) => column.name),
      expected,
    )
    const hasStatus = names.kind !== 'ResourceInterface'
    assert.equal(versions[0].subresources, hasStatus ? { status: {} } : undefined)
  }
})

test('no merge keys: parsers of YAML 1.2 would take them for fields', async () => {
  for (const definition of await definitions()) assert.not(keysIn(definition).includes('<<'))
})

test.run()
