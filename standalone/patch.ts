// The patches: JSON patch, merge patch and (for built-in kinds) strategic merge patch.
import fastJsonPatch, { type Operation } from 'fast-json-patch'
import type { Kind } from './kinds.ts'
import { type Fields, fieldsOf, isFields } from './object.ts'
import type { Schema } from './schema.ts'
import { badRequest, StatusError, unsupportedMediaType } from './status.ts'

const jsonPatch = 'application/json-patch+json'
const mergePatch = 'application/merge-patch+json'
const strategicPatch = 'application/strategic-merge-patch+json'

/** The patched copy of an object; the patch is parsed JSON of the media type. */
export function applyPatch(object: Fields, patch: unknown, type: string, kind: Kind): unknown {
  if (type === jsonPatch) return applyJsonPatch(object, patch)
  if (type === mergePatch || (type === strategicPatch && !kind.custom)) {
    if (!isFields(patch)) throw badRequest('the patch must be a JSON object')
    return type === mergePatch ? merge(object, patch) : mergeStrategically(object, patch, kind.schema)
  }
  const accepted = kind.custom ? [jsonPatch, mergePatch] : [jsonPatch, mergePatch, strategicPatch]
  const why = type.startsWith('application/apply-patch') ? ' (this server does not do server-side apply)' : ''
  throw unsupportedMediaType(accepted.join(', '), why)
}

/** A few dozen copies of a thing into itself would fill any memory. */
const copyLimit = 3 << 20

function tooLarge(): StatusError {
  return new StatusError(
    413,
    'RequestEntityTooLarge',
    `the copies of the patch exceed ${copyLimit} characters`,
  )
}

function applyJsonPatch(object: Fields, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('the patch must be a list of operations')
  try {
    let document: unknown = structuredClone(object)
    let copied = 0
    for (const [index, operation] of (patch as Operation[]).entries()) {
      if (operation?.op === 'copy') {
        const source: unknown = fastJsonPatch.getValueByPointer(document, String(operation.from))
        copied += JSON.stringify(source)?.length ?? 0
        if (copied > copyLimit) throw tooLarge()
      }
      document = fastJsonPatch.applyOperation(document, operation, true, true, true, index).newDocument
    }
    return document
  } catch (error) {
    if (error instanceof StatusError) throw error
    const [reason] = (error as Error).message.split('\n')
    const message = `the server rejected our request due to an error in our request: ${reason}`
    throw new StatusError(422, 'Invalid', message, {})
  }
}

/** RFC 7386. */
function merge(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch
  const merged: Fields = { ...fieldsOf(target) }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name]
    else merged[name] = merge(merged[name], value)
  }
  return merged
}

/** Like a merge patch, but lists with a merge key merge item by item, and `$` directives are obeyed. */
function mergeStrategically(target: unknown, patch: unknown, schema: Schema | undefined): unknown {
  if (!isFields(patch)) return patch
  if (patch['$patch'] === 'replace') return withoutDirectives(patch)
  const merged: Fields = { ...fieldsOf(target) }
  const retained = patch['$retainKeys']
  if (Array.isArray(retained)) {
    for (const name of Object.keys(merged)) if (!retained.includes(name)) delete merged[name]
  }
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith('$deleteFromPrimitiveList/')) {
      const field = name.slice(name.indexOf('/') + 1)
      const gone = value as unknown[]
      if (Array.isArray(merged[field])) merged[field] = merged[field].filter(item => !gone.includes(item))
    }
    if (name.startsWith('$')) continue
    const property = propertyOf(schema, name)
    if (value === null || (isFields(value) && value['$patch'] === 'delete')) delete merged[name]
    else if (!Array.isArray(value)) merged[name] = mergeStrategically(merged[name], value, property)
    else {
      const order = patch[`$setElementOrder/${name}`]
      merged[name] = mergeList(merged[name], value, property, Array.isArray(order) ? order : undefined)
    }
  }
  return merged
}

function propertyOf(schema: Schema | undefined, name: string): Schema | undefined {
  const inMap = schema?.additionalProperties
  return schema?.properties?.[name] ?? (typeof inMap === 'object' ? inMap : undefined)
}

function mergeList(
  target: unknown,
  patch: unknown[],
  schema: Schema | undefined,
  order?: unknown[],
): unknown[] {
  const key = schema?.['x-kubernetes-patch-merge-key']
  if (key === undefined) return patch
  if (patch.some(item => fieldsOf(item)['$patch'] === 'replace')) {
    return patch.filter(item => fieldsOf(item)['$patch'] !== 'replace')
  }
  let items = Array.isArray(target) ? [...(target as Fields[])] : []
  for (const item of patch.map(fieldsOf)) {
    const at = items.findIndex(one => one[key] === item[key])
    if (item['$patch'] === 'delete') items = items.filter(one => one[key] !== item[key])
    else if (at === -1) items.push(withoutDirectives(item))
    else items[at] = mergeStrategically(items[at], item, schema?.items) as Fields
  }
  if (order === undefined) return items
  const rank = new Map(order.map((item, index) => [fieldsOf(item)[key], index]))
  return items.sort((a, b) => (rank.get(a[key]) ?? order.length) - (rank.get(b[key]) ?? order.length))
}

function withoutDirectives(patch: Fields): Fields {
  return Object.fromEntries(Object.entries(patch).filter(([name]) => !name.startsWith('$')))
}
