// Tokens to nodes: the first document of a text.
import type { Call } from '../../function.ts'
import { DEEPEST, failTooDeep } from '../equality.ts'
import { syntaxError, YamlError } from './error.ts'
import { Scanner } from './scanner.ts'
import type { Token, TokenKind } from './token.ts'

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly value: string
  /** Complete, '' without one. */
  readonly tag: string
  /** Plain, so its looks decide what it is. */
  readonly isImplicit: boolean
}

export interface SequenceNode {
  readonly kind: 'sequence'
  readonly items: Node[]
}

export interface MappingNode {
  readonly kind: 'mapping'
  readonly pairs: (readonly [key: Node, value: Node])[]
}

export interface AliasNode {
  readonly kind: 'alias'
  readonly name: string
  readonly target: Node
}

export type Node = ScalarNode | SequenceNode | MappingNode | AliasNode

const EMPTY: ScalarNode = { kind: 'scalar', value: '', tag: '', isImplicit: true }

/** Undefined if there is no document. Throws a YamlError. */
export function parseYaml(call: Call, text: string): Node | undefined {
  return new Parser(call, text).document()
}

const DOCUMENT_LIMITS: readonly TokenKind[] = [
  'version-directive',
  'tag-directive',
  'document-start',
  'document-end',
  'stream-end',
]

class Parser {
  private readonly call: Call
  private readonly scanner: Scanner
  private readonly anchors = new Map<string, Node>()
  private readonly handles = new Map<string, string>()
  private depth = 0

  constructor(call: Call, text: string) {
    this.call = call
    this.scanner = new Scanner(text)
  }

  document(): Node | undefined {
    const isBare = !DOCUMENT_LIMITS.includes(this.kind()) || this.kind() === 'document-end'
    if (!isBare) {
      if (this.kind() === 'stream-end') return undefined
      this.directives()
      if (this.kind() !== 'document-start') this.fail('did not find expected <document start>')
      this.scanner.take()
    }
    this.defaultHandles()
    const isEmpty = !isBare && DOCUMENT_LIMITS.includes(this.kind())
    const root = isEmpty ? EMPTY : this.node({ block: true, indentless: false })
    // The token behind the document is looked at, and may be none.
    this.scanner.peek()
    return root
  }

  private kind(): TokenKind {
    return this.scanner.peek().kind
  }

  private is(...kinds: readonly TokenKind[]): boolean {
    return kinds.includes(this.kind())
  }

  private takeIf(kind: TokenKind): boolean {
    if (this.kind() !== kind) return false
    this.scanner.take()
    return true
  }

  private fail(problem: string, token: Token = this.scanner.peek()): never {
    throw syntaxError(problem, token.start.line)
  }

  private directives(): void {
    let hasVersion = false
    while (this.is('version-directive', 'tag-directive')) {
      const token = this.scanner.peek()
      if (token.kind === 'version-directive') {
        if (hasVersion) this.fail('found duplicate %YAML directive')
        if (token.value !== '1.1') this.fail('found incompatible YAML document')
        hasVersion = true
      } else {
        if (this.handles.has(token.value)) this.fail('found duplicate %TAG directive')
        this.handles.set(token.value, token.suffix)
      }
      this.scanner.take()
    }
  }

  private defaultHandles(): void {
    if (!this.handles.has('!')) this.handles.set('!', '!')
    if (!this.handles.has('!!')) this.handles.set('!!', 'tag:yaml.org,2002:')
  }

  private node(context: { readonly block: boolean; readonly indentless: boolean }): Node {
    this.call.steps(1)
    this.call.allocate(64)
    if (++this.depth > DEEPEST) failTooDeep()
    const node = this.kind() === 'alias' ? this.alias() : this.content(context)
    this.depth--
    return node
  }

  private alias(): Node {
    const name = this.scanner.peek().value
    const target = this.anchors.get(name)
    if (target === undefined) throw new YamlError(`yaml: unknown anchor '${name}' referenced`)
    this.scanner.take()
    return { kind: 'alias', name, target }
  }

  private content({ block, indentless }: { readonly block: boolean; readonly indentless: boolean }): Node {
    const { anchor, tag } = this.properties()
    const named = <T extends Node>(node: T): T => {
      if (anchor !== undefined) this.anchors.set(anchor, node)
      return node
    }
    const token = this.scanner.peek()
    const sequence = (fill: (items: Node[]) => void): Node => {
      const node = named({ kind: 'sequence', items: [] } as SequenceNode)
      fill(node.items)
      return node
    }
    const mapping = (fill: (pairs: MappingNode['pairs']) => void): Node => {
      const node = named({ kind: 'mapping', pairs: [] } as MappingNode)
      fill(node.pairs)
      return node
    }
    if (indentless && token.kind === 'block-entry') return sequence(items => this.indentlessItems(items))
    if (token.kind === 'scalar') {
      this.scanner.take()
      const isImplicit = (tag === '' && token.isPlain) || tag === '!'
      return named({ kind: 'scalar', value: token.value, tag, isImplicit })
    }
    if (token.kind === 'flow-sequence-start') return sequence(items => this.flowItems(items))
    if (token.kind === 'flow-mapping-start') return mapping(pairs => this.flowPairs(pairs))
    if (block && token.kind === 'block-sequence-start') return sequence(items => this.blockItems(items))
    if (block && token.kind === 'block-mapping-start') return mapping(pairs => this.blockPairs(pairs))
    if (anchor === undefined && tag === '') this.fail('did not find expected node content')
    return named({ kind: 'scalar', value: '', tag, isImplicit: tag === '' })
  }

  /** Anchor and tag, in any order, each at most once. */
  private properties(): { anchor: string | undefined; tag: string } {
    let anchor = this.is('anchor') ? this.scanner.take().value : undefined
    const tagToken = this.is('tag') ? this.scanner.take() : undefined
    if (anchor === undefined && tagToken !== undefined && this.is('anchor'))
      anchor = this.scanner.take().value
    return { anchor, tag: tagToken === undefined ? '' : this.completeTag(tagToken) }
  }

  private completeTag(token: Token): string {
    if (token.value === '') return token.suffix
    const prefix = this.handles.get(token.value)
    if (prefix === undefined) this.fail('found undefined tag handle', token)
    return prefix + token.suffix
  }

  private blockItems(items: Node[]): void {
    this.scanner.take()
    while (this.takeIf('block-entry')) {
      items.push(this.is('block-entry', 'block-end') ? EMPTY : this.node({ block: true, indentless: false }))
    }
    if (!this.takeIf('block-end')) this.fail("did not find expected '-' indicator")
  }

  private indentlessItems(items: Node[]): void {
    while (this.takeIf('block-entry')) {
      const isEmpty = this.is('block-entry', 'key', 'value', 'block-end')
      items.push(isEmpty ? EMPTY : this.node({ block: true, indentless: false }))
    }
  }

  private blockPairs(pairs: MappingNode['pairs']): void {
    this.scanner.take()
    const part = (): Node =>
      this.is('key', 'value', 'block-end') ? EMPTY : this.node({ block: true, indentless: true })
    while (this.takeIf('key')) {
      const key = part()
      pairs.push([key, this.takeIf('value') ? part() : EMPTY])
    }
    if (!this.takeIf('block-end')) this.fail('did not find expected key')
  }

  private flowItems(items: Node[]): void {
    this.scanner.take()
    for (let isFirst = true; !this.is('flow-sequence-end'); isFirst = false) {
      if (!isFirst) {
        if (!this.takeIf('flow-entry')) this.fail("did not find expected ',' or ']'")
        if (this.is('flow-sequence-end')) break
      }
      items.push(this.is('key') ? this.flowPair() : this.node({ block: false, indentless: false }))
    }
    this.scanner.take()
  }

  /** `[a: b]`: a mapping of one pair without braces. */
  private flowPair(): Node {
    this.scanner.take()
    let key: Node = EMPTY
    if (this.is('value', 'flow-entry', 'flow-sequence-end')) this.scanner.take()
    else key = this.node({ block: false, indentless: false })
    const hasValue = this.takeIf('value') && !this.is('flow-entry', 'flow-sequence-end')
    const value = hasValue ? this.node({ block: false, indentless: false }) : EMPTY
    return { kind: 'mapping', pairs: [[key, value]] }
  }

  private flowPairs(pairs: MappingNode['pairs']): void {
    this.scanner.take()
    for (let isFirst = true; !this.is('flow-mapping-end'); isFirst = false) {
      if (!isFirst) {
        if (!this.takeIf('flow-entry')) this.fail("did not find expected ',' or '}'")
        if (this.is('flow-mapping-end')) break
      }
      pairs.push(this.flowMappingPair())
    }
    this.scanner.take()
  }

  private flowMappingPair(): readonly [Node, Node] {
    const isEmpty = (): boolean => this.is('flow-entry', 'flow-mapping-end')
    const part = (): Node => this.node({ block: false, indentless: false })
    if (!this.takeIf('key')) return [part(), EMPTY]
    const key = this.is('value') || isEmpty() ? EMPTY : part()
    return [key, this.takeIf('value') && !isEmpty() ? part() : EMPTY]
  }
}
