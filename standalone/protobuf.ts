// Bodies in protobuf: kubectl 1.34 sends its own subcommands' objects (`auth can-i`, `create token`,
// `create secret`, ...) so, and takes no refusal. Read for those kinds alone; never written.
import type { Fields } from './object.ts'
import { badRequest, unsupportedMediaType } from './status.ts'

export const protobufType = 'application/vnd.kubernetes.protobuf'

/** Field number to name and type: text unless it says otherwise, `[]` repeated, `{}` a map, `-` not read. */
type Message = { readonly [field: number]: string }

const role: Message = { 1: 'metadata:ObjectMeta', 2: 'rules[]:PolicyRule' }
const binding: Message = { 1: 'metadata:ObjectMeta', 2: 'subjects[]:Subject', 3: 'roleRef:RoleRef' }

// The numbers are those of Kubernetes' generated.proto files.
const messages: { readonly [name: string]: Message } = {
  SelfSubjectAccessReview: { 1: 'metadata:ObjectMeta', 2: 'spec:AccessSpec', 3: '-' },
  AccessSpec: { 1: 'resourceAttributes:ResourceAttributes', 2: 'nonResourceAttributes:PathAttributes' },
  ResourceAttributes: {
    1: 'namespace',
    2: 'verb',
    3: 'group',
    4: 'version',
    5: 'resource',
    6: 'subresource',
    7: 'name',
  },
  PathAttributes: { 1: 'path', 2: 'verb' },
  SelfSubjectRulesReview: { 1: 'metadata:ObjectMeta', 2: 'spec:RulesSpec', 3: '-' },
  RulesSpec: { 1: 'namespace' },
  SelfSubjectReview: { 1: 'metadata:ObjectMeta', 2: '-' },
  TokenRequest: { 1: 'metadata:ObjectMeta', 2: 'spec:TokenSpec', 3: '-' },
  TokenSpec: { 1: 'audiences[]', 3: 'boundObjectRef:BoundObject', 4: 'expirationSeconds:number' },
  BoundObject: { 1: 'kind', 2: 'apiVersion', 3: 'name', 4: 'uid' },
  Namespace: { 1: 'metadata:ObjectMeta', 2: '-', 3: '-' },
  Secret: {
    1: 'metadata:ObjectMeta',
    2: 'data{}:bytes',
    3: 'type',
    4: 'stringData{}:text',
    5: 'immutable:flag',
  },
  ConfigMap: { 1: 'metadata:ObjectMeta', 2: 'data{}:text', 3: 'binaryData{}:bytes', 4: 'immutable:flag' },
  ServiceAccount: { 1: 'metadata:ObjectMeta', 4: 'automountServiceAccountToken:flag' },
  Role: role,
  ClusterRole: role,
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  PolicyRule: {
    1: 'verbs[]',
    2: 'apiGroups[]',
    3: 'resources[]',
    4: 'resourceNames[]',
    5: 'nonResourceURLs[]',
  },
  RoleRef: { 1: 'apiGroup', 2: 'kind', 3: 'name' },
  Subject: { 1: 'kind', 2: 'apiGroup', 3: 'name', 4: 'namespace' },
  ObjectMeta: {
    1: 'name',
    2: 'generateName',
    3: 'namespace',
    4: '-',
    5: 'uid',
    6: 'resourceVersion',
    7: '-',
    8: '-',
    11: 'labels{}:text',
    12: 'annotations{}:text',
  },
}
const envelope: Message = { 1: 'typeMeta:TypeMeta', 2: 'raw:raw', 3: '-', 4: '-' }
const typeMeta: Message = { 1: 'apiVersion', 2: 'kind' }
const magic = Buffer.from('k8s\0')

/** The object in a protobuf body, as its JSON would be. */
export function parseProtobuf(body: Buffer): Fields {
  if (!body.subarray(0, 4).equals(magic)) {
    throw badRequest('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  }
  const { typeMeta: type, raw } = readMessage(body.subarray(4), envelope, { TypeMeta: typeMeta }) as {
    typeMeta?: { apiVersion: string; kind: string }
    raw?: Buffer
  }
  const message = type === undefined ? undefined : messages[type.kind]
  if (type === undefined || message === undefined || raw === undefined) {
    const why = ` (this server reads protobuf only for ${Object.keys(messages).filter(isKind).join(', ')})`
    throw unsupportedMediaType('application/json, application/yaml', why)
  }
  return { apiVersion: type.apiVersion, kind: type.kind, ...readMessage(raw, message, messages) }
}

function isKind(name: string): boolean {
  return messages[name]?.[1] === 'metadata:ObjectMeta'
}

function readMessage(bytes: Buffer, message: Message, known: { readonly [name: string]: Message }): Fields {
  const fields: Fields = {}
  for (const { field, value } of readFields(bytes)) {
    const declared = message[field]
    if (declared === undefined) {
      throw unsupportedMediaType(
        'application/json, application/yaml',
        ` (protobuf field ${field} is not read)`,
      )
    }
    if (declared === '-') continue
    const [, name = '', many, type = 'text'] = /^(\w+)(\[\]|\{\})?(?::(\w+))?$/.exec(declared) ?? []
    if (many === '{}') {
      const entry = readMessage(asBytes(value), { 1: 'key', 2: `value:${type}` }, known)
      fields[name] = { ...(fields[name] as Fields), [String(entry['key'] ?? '')]: entry['value'] ?? '' }
      continue
    }
    const read = readValue(value, type, known)
    if (many === '[]') fields[name] = [...((fields[name] as unknown[]) ?? []), read]
    // Go writes empty texts too: they mean that nothing was given.
    else if (read !== '') fields[name] = read
  }
  return fields
}

function readValue(
  value: Buffer | number,
  type: string,
  known: { readonly [name: string]: Message },
): unknown {
  if (type === 'text') return asBytes(value).toString()
  if (type === 'bytes') return asBytes(value).toString('base64')
  if (type === 'raw') return asBytes(value)
  if (type === 'number') return value
  if (type === 'flag') return value !== 0
  return readMessage(asBytes(value), known[type] ?? {}, known)
}

function asBytes(value: Buffer | number): Buffer {
  if (typeof value === 'number') throw badRequest('the protobuf message is malformed')
  return value
}

function* readFields(bytes: Buffer): Generator<{ field: number; value: Buffer | number }> {
  let at = 0
  const varint = () => {
    let result = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]
      if (byte === undefined || scale > 2 ** 56) throw badRequest('the protobuf message is malformed')
      result += (byte & 127) * scale
      if (byte < 128) return result
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const field = Math.floor(tag / 8)
    const wireType = tag % 8
    if (wireType !== 0 && wireType !== 2) throw badRequest('the protobuf message is malformed')
    const number = varint()
    if (wireType === 0) {
      yield { field, value: number }
      continue
    }
    if (number > bytes.length - at) throw badRequest('the protobuf message is malformed')
    yield { field, value: bytes.subarray(at, at + number) }
    at += number
  }
}
