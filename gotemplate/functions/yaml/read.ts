// YAML as go.yaml.in/yaml/v2 reads it and sigs.k8s.io/yaml turns it into JSON: YAML 1.1's words, keys as strings,
// every number a float64 in the end.
import { textOf } from '../../bytes.ts'
import { formatShortest } from '../../format/float.ts'
import { quote } from '../../format/quote.ts'
import type { Call } from '../../function.ts'
import { anySliceType } from '../../type.ts'
import { dict, List, type Value } from '../../value.ts'
import { decodeBase64 } from '../encoding.ts'
import { DEEPEST, failTooDeep } from '../equality.ts'
import { YamlError } from './error.ts'
import { type AliasNode, type MappingNode, type Node, parseYaml, type ScalarNode } from './parser.ts'
import { resolvePlain, type Scalar } from './scalar.ts'

/** The first document; null if there is none. Throws a YamlError. */
export function readYaml(call: Call, text: string): Value {
  call.steps(Math.ceil(text.length / 4))
  call.allocate(text.length * 8)
  const root = parseYaml(call, text)
  return root === undefined ? null : new Decoder(call).value(root, 0)
}

const WANTS_MAP = 'yaml: map merge requires map or sequence of maps as the value'

/** Builds the values of one document. */
class Decoder {
  private readonly call: Call
  private readonly open = new Set<Node>()

  constructor(call: Call) {
    this.call = call
  }

  value(node: Node, depth: number): Value {
    this.call.steps(1)
    this.call.allocate(32)
    if (depth > DEEPEST) failTooDeep()
    switch (node.kind) {
      case 'alias':
        return this.alias(node, depth)
      case 'scalar':
        return this.scalar(node)
      case 'sequence':
        return new List(
          anySliceType,
          node.items.map(item => this.value(item, depth + 1)),
          'decoded',
        )
      default: {
        const entries = new Map<string, Value>()
        this.fill(entries, node, depth)
        return dict(entries)
      }
    }
  }

  // An alias gives a copy, as going through JSON does; what contains itself has no end.
  private alias(node: AliasNode, depth: number): Value {
    if (this.open.has(node)) throw new YamlError(`yaml: anchor '${node.name}' value contains itself`)
    this.open.add(node)
    const value = this.value(node.target, depth + 1)
    this.open.delete(node)
    return value
  }

  /** Sets the pairs in order; a merge key sets those of its maps at its place. */
  private fill(entries: Map<string, Value>, node: MappingNode, depth: number): void {
    for (const [key, value] of node.pairs) {
      if (isMergeKey(key)) this.merge(entries, value, depth)
      else entries.set(this.key(key, value, depth), this.value(value, depth + 1))
    }
  }

  private merge(entries: Map<string, Value>, node: Node, depth: number): void {
    if (depth > DEEPEST) failTooDeep()
    this.call.steps(1)
    // The first of several maps counts most.
    const sources = node.kind === 'sequence' ? node.items.toReversed() : [node]
    for (const item of sources) {
      const source = item.kind === 'alias' ? item.target : item
      if (source.kind !== 'mapping') throw new YamlError(WANTS_MAP)
      this.fill(entries, source, depth + 1)
    }
  }

  private key(node: Node, value: Node, depth: number): string {
    const target = node.kind === 'alias' ? node.target : node
    if (target.kind !== 'scalar') {
      // What is wrong inside comes first, and what has no end ends here.
      this.value(node, depth + 1)
      throw new YamlError(`yaml: invalid map key: ${goSyntax(target)}`)
    }
    const text = keyText(resolve(target))
    if (text !== undefined) return text
    throw new YamlError(
      `unsupported map key of type: %!s(<nil>), key: <nil>, value: ${goSyntax(value, '<nil>')}`,
    )
  }

  private scalar(node: ScalarNode): Value {
    const scalar = resolve(node)
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
        throw new YamlError(`json: unsupported value: ${formatShortest(scalar.value)}`)
      default:
        return null
    }
  }
}

const TAG_PREFIX = 'tag:yaml.org,2002:'

function isMergeKey(node: Node): boolean {
  if (node.kind !== 'scalar' || node.value !== '<<') return false
  return node.isImplicit || node.tag === `${TAG_PREFIX}merge`
}

type Resolved = Exclude<Scalar, { kind: 'text' | 'timestamp' }> | { kind: 'text'; text: string }

function resolve({ value: text, tag, isImplicit }: ScalarNode): Resolved {
  if (tag === '') return isImplicit ? withText(resolvePlain(text), text) : { kind: 'text', text }
  const name = tag.startsWith(TAG_PREFIX) ? tag.slice(TAG_PREFIX.length) : ''
  if (name === 'binary') {
    const decoded = decodeBase64(text)
    if ('error' in decoded) throw new YamlError('yaml: !!binary value contains invalid base64 data')
    return { kind: 'text', text: textOf(decoded.bytes).toWellFormed() }
  }
  if (!['bool', 'int', 'float', 'null', 'timestamp'].includes(name)) return { kind: 'text', text }
  return converted(resolvePlain(text), name, text)
}

function withText(scalar: Scalar, text: string): Resolved {
  return scalar.kind === 'text' || scalar.kind === 'timestamp' ? { kind: 'text', text } : scalar
}

function converted(scalar: Scalar, tag: string, text: string): Resolved {
  if (scalar.kind === tag) return withText(scalar, text)
  if (tag === 'float' && scalar.kind === 'int' && BigInt.asIntN(64, scalar.value) === scalar.value) {
    return { kind: 'float', value: Number(scalar.value) }
  }
  const kind = scalar.kind === 'text' || scalar.kind === 'timestamp' ? 'str' : scalar.kind
  throw new YamlError(`yaml: cannot decode !!${kind} \`${text}\` as a !!${tag}`)
}

/** Undefined for null, which cannot be a key. */
function keyText(scalar: Resolved): string | undefined {
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
      return undefined
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

/** As `%#v` prints the decoded node. */
function goSyntax(node: Node, nil = 'interface {}(nil)'): string {
  switch (node.kind) {
    case 'alias':
      return goSyntax(node.target, nil)
    case 'sequence':
      return `[]interface {}{${node.items.map(item => goSyntax(item)).join(', ')}}`
    case 'mapping':
      return `map[interface {}]interface {}{${node.pairs.map(([key, value]) => `${goSyntax(key)}:${goSyntax(value)}`).join(', ')}}`
    default: {
      const scalar = resolve(node)
      if (scalar.kind === 'text') return quote(scalar.text)
      if (scalar.kind === 'float') return formatShortest(scalar.value)
      return scalar.kind === 'null' ? nil : `${scalar.value}`
    }
  }
}
