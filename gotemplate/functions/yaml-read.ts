// YAML as go.yaml.in/yaml/v2 reads it and sigs.k8s.io/yaml turns it into JSON: YAML 1.1's words, keys as strings,
// every number a float64 in the end. The grammar is the yaml package's; what scalars mean is decided here.
import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  Parser,
  type YAMLError,
} from 'yaml'
import { textOf } from '../bytes.ts'
import { formatShortest } from '../format/float.ts'
import type { Call } from '../function.ts'
import { anySliceType } from '../type.ts'
import { Dict, dict, List, type Value } from '../value.ts'
import { decodeBase64 } from './encoding.ts'
import { DEEPEST, failTooDeep } from './equality.ts'
import { resolvePlain, type Scalar } from './yaml-scalar.ts'

/** The text of Go's error, behind `error converting YAML to JSON: `. */
export class YamlError extends Error {}

/** The first document; null if there is none. Throws a YamlError. */
export function readYaml(call: Call, text: string): Value {
  call.steps(Math.ceil(text.length / 4))
  if (!text.isWellFormed()) throw new YamlError('yaml: invalid leading UTF-8 octet')
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/.test(text)) {
    throw new YamlError('yaml: control characters are not allowed')
  }
  const options = {
    schema: 'failsafe',
    version: '1.1',
    uniqueKeys: false,
    merge: false,
    strict: true,
  } as const
  const documents = new Composer(options).compose(new Parser().parse(text))
  for (const document of documents) {
    const error = document.errors[0]
    if (error !== undefined) throw new YamlError(goMessage(error, text))
    return new Reader(call, document).value(document.contents as Node | null, 0)
  }
  return null
}

/** Builds the values of one document. */
class Reader {
  private readonly call: Call
  private readonly document: Document
  private readonly open = new Set<Node>()

  constructor(call: Call, document: Document) {
    this.call = call
    this.document = document
  }

  value(node: Node | null, depth: number): Value {
    this.call.steps(1)
    this.call.allocate(32)
    if (depth > DEEPEST) failTooDeep()
    if (node === null) return null
    if (isAlias(node)) return this.alias(node, depth)
    if (isScalar(node)) return this.scalar(node)
    if (isSeq(node)) {
      const items = node.items.map(item => this.value(item as Node | null, depth + 1))
      return new List(anySliceType, items, 'decoded')
    }
    if (!isMap(node)) return null
    const entries = new Map<string, Value>()
    this.fill(entries, node, depth)
    return dict(entries)
  }

  // An alias gives a copy, as going through JSON does; what contains itself has no end.
  private alias(node: Node, depth: number): Value {
    if (!isAlias(node)) return null
    const target = node.resolve(this.document)
    if (target === undefined) throw new YamlError(`yaml: unknown anchor '${node.source}' referenced`)
    if (this.open.has(target)) throw new YamlError(`yaml: anchor '${node.source}' value contains itself`)
    this.open.add(target)
    const value = this.value(target, depth + 1)
    this.open.delete(target)
    return value
  }

  /** Sets the pairs in order; a merge key sets those of its maps at its place. */
  private fill(entries: Map<string, Value>, node: Node, depth: number): void {
    if (!isMap(node)) return
    for (const { key, value } of node.items as { key: Node | null; value: Node | null }[]) {
      if (isScalar(key) && key.value === '<<' && key.type === 'PLAIN' && key.tag === undefined) {
        this.merge(entries, value, depth)
      } else {
        entries.set(this.key(key, depth), this.value(value, depth + 1))
      }
    }
  }

  private merge(entries: Map<string, Value>, node: Node | null, depth: number): void {
    const target = isAlias(node) ? (node.resolve(this.document) ?? null) : node
    if (isMap(target)) {
      this.fill(entries, target, depth + 1)
      return
    }
    if (!isSeq(target) || isAlias(node)) {
      throw new YamlError('yaml: map merge requires map or sequence of maps as the value')
    }
    // The first of several maps counts most.
    for (const item of target.items.toReversed() as (Node | null)[]) {
      const source = isAlias(item) ? item.resolve(this.document) : item
      if (!isMap(source)) throw new YamlError('yaml: map merge requires map or sequence of maps as the value')
      this.fill(entries, source, depth + 1)
    }
  }

  private key(node: Node | null, depth: number): string {
    const resolved = isAlias(node) ? (node.resolve(this.document) ?? null) : node
    if (isScalar(resolved)) return keyText(resolve(resolved))
    const value = resolved === null ? null : this.value(resolved, depth + 1)
    if (value === null)
      throw new YamlError('unsupported map key of type: %!s(<nil>), key: <nil>, value: <nil>')
    throw new YamlError(`yaml: invalid map key: ${value instanceof Dict ? 'map' : 'list'}`)
  }

  private scalar(node: Node): Value {
    const scalar = isScalar(node) ? resolve(node) : { kind: 'null' as const }
    switch (scalar.kind) {
      case 'text':
        this.call.allocate(scalar.text.length)
        return scalar.text
      case 'bool':
        return scalar.value
      case 'int':
        return Number(scalar.value)
      case 'float':
        if (Number.isFinite(scalar.value)) return scalar.value
        throw new YamlError(`json: unsupported value: ${goFloat(scalar.value)}`)
      default:
        return null
    }
  }
}

type Resolved = Exclude<Scalar, { kind: 'text' | 'timestamp' | 'merge' }> | { kind: 'text'; text: string }

const TAG_PREFIX = 'tag:yaml.org,2002:'

function resolve(node: Node): Resolved {
  if (!isScalar(node)) return { kind: 'null' }
  const text = String(node.value ?? '')
  const tag = node.tag?.startsWith(TAG_PREFIX) === true ? node.tag.slice(TAG_PREFIX.length) : node.tag
  if (tag === undefined) {
    return node.type === 'PLAIN' || node.type === undefined
      ? withText(resolvePlain(text), text)
      : { kind: 'text', text }
  }
  if (tag === 'binary') {
    const decoded = decodeBase64(text)
    if ('error' in decoded) throw new YamlError('yaml: !!binary value contains invalid base64 data')
    return { kind: 'text', text: textOf(decoded.bytes) }
  }
  if (!['bool', 'int', 'float', 'null', 'timestamp'].includes(tag)) return { kind: 'text', text }
  return converted(resolvePlain(text), tag, text)
}

function withText(scalar: Scalar, text: string): Resolved {
  return scalar.kind === 'text' || scalar.kind === 'timestamp' || scalar.kind === 'merge'
    ? { kind: 'text', text }
    : scalar
}

function converted(scalar: Scalar, tag: string, text: string): Resolved {
  if (scalar.kind === tag) return withText(scalar, text)
  if (tag === 'float' && scalar.kind === 'int') return { kind: 'float', value: Number(scalar.value) }
  const kind = scalar.kind === 'text' ? 'str' : scalar.kind
  throw new YamlError(`yaml: cannot decode !!${kind} \`${text}\` as a !!${tag}`)
}

function keyText(scalar: Resolved): string {
  switch (scalar.kind) {
    case 'text':
      return scalar.text
    case 'int':
      return scalar.value.toString()
    case 'bool':
      return `${scalar.value}`
    case 'float':
      return floatKey(scalar.value)
    default:
      throw new YamlError('unsupported map key of type: %!s(<nil>), key: <nil>, value: <nil>')
  }
}

// Keys are printed with the digits of a float32.
function floatKey(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
  const single = Math.fround(value)
  if (!Number.isFinite(single)) return single > 0 ? '+Inf' : '-Inf'
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(single.toPrecision(digits))
    if (Math.fround(short) === single) return formatShortest(short)
  }
  return formatShortest(single)
}

function goFloat(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

/** The words of libyaml for what the yaml package found, with libyaml's idea of the line. */
function goMessage(error: YAMLError, text: string): string {
  const line = text.slice(0, error.pos[0]).split('\n').length
  return `yaml: ${line > 1 ? `line ${line}: ` : ''}${WORDS[error.code] ?? 'did not find expected node content'}`
}

const WORDS: Partial<Record<YAMLError['code'], string>> = {
  MISSING_CHAR: 'found unexpected end of stream',
  TAB_AS_INDENT: 'found character that cannot start any token',
  BLOCK_AS_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  BAD_INDENT: 'did not find expected key',
  UNEXPECTED_TOKEN: 'did not find expected key',
  BAD_DQ_ESCAPE: 'found unknown escape character',
}
