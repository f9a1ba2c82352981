// A Tekton WorkspaceBinding without name: exactly one source, with what Tekton requires of it.
import type { Binding, Json } from './definition.ts'
import { at, isAbsent, isFields, nameOfType, type Reader } from './reader.ts'

/** Each source with the field that Tekton's validation requires in it. */
const sources: Readonly<Record<string, string | undefined>> = {
  csi: 'driver',
  secret: 'secretName',
  configMap: 'name',
  emptyDir: undefined,
  persistentVolumeClaim: 'claimName',
  volumeClaimTemplate: 'spec',
  projected: 'sources',
}

export function parseBinding(reader: Reader, value: unknown, field: string): Binding {
  if (isAbsent(value)) reader.note(field, 'Required', 'must be given')
  const binding = reader.fields(value, field)
  const given = Object.keys(binding).filter(key => Object.hasOwn(sources, key) && !isAbsent(binding[key]))
  if (!isAbsent(value) && isFields(value)) checkSources(reader, given, field)
  for (const key of Object.keys(binding)) {
    if (key === 'subPath') reader.string(binding[key], `${field}.subPath`)
    else if (!Object.hasOwn(sources, key)) reader.note(at(field, key), 'Invalid', unknownField(key))
  }
  for (const source of given) {
    const required = sources[source]
    const place = `${field}.${source}`
    const fields = reader.fields(binding[source], place)
    if (required !== undefined && isFields(binding[source]) && isEmpty(fields[required])) {
      reader.note(`${place}.${required}`, 'Required', 'must be given')
    }
  }
  checkJson(reader, binding, field)
  return binding as Binding
}

function checkSources(reader: Reader, given: readonly string[], field: string): void {
  if (given.length === 0) {
    reader.note(field, 'Required', `must have one of ${Object.keys(sources).join(', ')}`)
  } else if (given.length > 1)
    reader.note(field, 'Invalid', `must have exactly one source: has ${given.join(', ')}`)
}

function unknownField(key: string): string {
  return key === 'name'
    ? 'must be absent: the workspace of the run gives it'
    : 'is no field of a workspace binding'
}

function isEmpty(value: unknown): boolean {
  return isAbsent(value) || value === '' || (Array.isArray(value) && value.length === 0)
}

const maxDepth = 32

/** Objects of programs can hold more than JSON can; what reaches a run must be JSON. */
function checkJson(reader: Reader, value: unknown, field: string, depth = 0): value is Json {
  if (depth > maxDepth) {
    reader.note(field, 'Invalid', `must not be nested deeper than ${maxDepth} levels`)
    return false
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkJson(reader, item, `${field}[${index}]`, depth + 1)
  } else if (isFields(value)) {
    for (const key of Object.keys(value)) checkJson(reader, value[key], at(field, key), depth + 1)
  } else if (!isAbsent(value) && !['string', 'number', 'boolean'].includes(typeof value)) {
    reader.note(field, 'InvalidType', `must be JSON: is ${nameOfType(value)}`)
  }
  return true
}
