// YAML 1.1 text to tokens, with libyaml's idea of what is a key, what ends a plain scalar and what goes wrong.
import { type Mark, syntaxError } from './error.ts'
import { scanAnchorName, scanDirective, scanTag } from './property-scanner.ts'
import { isBlank, isBreak, Reader } from './reader.ts'
import { scanBlockScalar, scanPlainScalar, scanQuotedScalar } from './scalar-scanner.ts'
import type { Token, TokenKind } from './token.ts'

/** Where a key without question mark may have begun; the colon decides. */
interface SimpleKey {
  isPossible: boolean
  readonly mark: Mark
  readonly tokenNumber: number
  /** In a block a line that begins where keys begin must have one. */
  readonly isRequired: boolean
}

const LONGEST_SIMPLE_KEY = 1024

export class Scanner {
  private readonly reader: Reader
  private readonly queue: Token[] = []
  private taken = 0
  private indent = -1
  private readonly indents: number[] = []
  private simpleKeyAllowed = true
  /** One place for each level of flow collections, the block level first. */
  private readonly simpleKeys: SimpleKey[] = []
  /** The levels of those that hold back a token. An empty collection never does, which go-yaml did not intend. */
  private readonly waiting = new Map<number, number>()

  constructor(text: string) {
    this.reader = new Reader(text)
    this.simpleKeys.push(this.noSimpleKey())
  }

  /** The next token, which stays. */
  peek(): Token {
    while (this.needsMore()) this.fetch()
    return this.queue[0] as Token
  }

  take(): Token {
    const token = this.peek()
    this.queue.shift()
    this.taken++
    return token
  }

  private get isInFlow(): boolean {
    return this.simpleKeys.length > 1
  }

  // A token that may turn out to be a key has to wait for its colon.
  private needsMore(): boolean {
    if (this.queue.length === 0) return true
    const level = this.waiting.get(this.taken)
    return level !== undefined && this.isStillKey(this.simpleKeys[level])
  }

  private isStillKey(key: SimpleKey | undefined): boolean {
    if (key?.isPossible !== true) return false
    const { line, index } = this.reader
    if (key.mark.line >= line && key.mark.index + LONGEST_SIMPLE_KEY >= index) return true
    if (key.isRequired) this.fail("could not find expected ':'")
    key.isPossible = false
    return false
  }

  private noSimpleKey(): SimpleKey {
    const tokenNumber = this.taken + this.queue.length
    return { isPossible: false, mark: this.reader.mark(), tokenNumber, isRequired: false }
  }

  private get simpleKey(): SimpleKey {
    return this.simpleKeys.at(-1) as SimpleKey
  }

  private fail(problem: string): never {
    const { line } = this.reader
    throw syntaxError(problem, line === 0 ? 0 : line + 1)
  }

  private push(
    kind: TokenKind,
    start: Mark,
    more: Partial<Pick<Token, 'value' | 'suffix' | 'isPlain'>> = {},
  ): void {
    this.queue.push({ kind, start, value: '', suffix: '', isPlain: false, ...more })
  }

  private saveSimpleKey(): void {
    if (!this.simpleKeyAllowed) return
    const isRequired = !this.isInFlow && this.indent === this.reader.column
    this.removeSimpleKey()
    const key = { ...this.noSimpleKey(), isPossible: true, isRequired }
    this.simpleKeys[this.simpleKeys.length - 1] = key
    this.waiting.set(key.tokenNumber, this.simpleKeys.length - 1)
  }

  private removeSimpleKey(): void {
    const key = this.simpleKey
    if (!key.isPossible) return
    if (key.isRequired) this.fail("could not find expected ':'")
    key.isPossible = false
    this.waiting.delete(key.tokenNumber)
  }

  /** Before the token of that number, or at the end if the parser has it already. */
  private insert(token: Token, number: number): void {
    const place = number - this.taken
    this.queue.splice(place < 0 ? this.queue.length : place, 0, token)
  }

  /** Opens a block collection in that column unless one is open there; its token goes before number `at`. */
  private rollIndent(column: number, kind: TokenKind, mark: Mark, at = this.taken + this.queue.length): void {
    if (this.isInFlow || this.indent >= column) return
    this.indents.push(this.indent)
    this.indent = column
    const token = { kind, start: mark, value: '', suffix: '', isPlain: false }
    this.insert(token, at)
  }

  private unrollIndent(column: number): void {
    if (this.isInFlow) return
    while (this.indent > column) {
      this.push('block-end', this.reader.mark())
      this.indent = this.indents.pop() as number
    }
  }

  private fetch(): void {
    const { reader } = this
    this.skipToToken()
    this.unrollIndent(reader.column)
    const first = reader.peek()
    const next = reader.peek(1)
    const isSeparate = next === '' || isBlank(next) || isBreak(next)
    if (first === '') this.fetchStreamEnd()
    else if (reader.column === 0 && first === '%') this.fetchDirective()
    else if (reader.isDocumentIndicator('-')) this.fetchDocumentIndicator('document-start')
    else if (reader.isDocumentIndicator('.')) this.fetchDocumentIndicator('document-end')
    else if (first === '[') this.fetchFlowStart('flow-sequence-start')
    else if (first === '{') this.fetchFlowStart('flow-mapping-start')
    else if (first === ']') this.fetchFlowEnd('flow-sequence-end')
    else if (first === '}') this.fetchFlowEnd('flow-mapping-end')
    else if (first === ',') this.fetchFlowEntry()
    else if (first === '-' && isSeparate) this.fetchBlockEntry()
    else if (first === '?' && (this.isInFlow || isSeparate)) this.fetchKey()
    else if (first === ':' && (this.isInFlow || isSeparate)) this.fetchValue()
    else if (first === '*') this.fetchNodeStart(() => this.scanAnchor('alias'))
    else if (first === '&') this.fetchNodeStart(() => this.scanAnchor('anchor'))
    else if (first === '!') this.fetchNodeStart(() => this.scanTag())
    else if ((first === '|' || first === '>') && !this.isInFlow) this.fetchBlockScalar(first === '|')
    else if (first === "'" || first === '"') this.fetchNodeStart(() => this.scanQuoted(first === "'"))
    else if (this.startsPlain(first, next, isSeparate)) this.fetchNodeStart(() => this.scanPlain())
    else this.fail('found character that cannot start any token')
  }

  private startsPlain(first: string, next: string, isSeparate: boolean): boolean {
    if (first === '-') return !isBlank(next)
    if (first === '?' || first === ':') return !this.isInFlow && !isSeparate
    return !isBlank(first) && !/[,[\]{}#&*!|>'"%@`]/.test(first)
  }

  private skipToToken(): void {
    const { reader } = this
    for (;;) {
      if (reader.column === 0 && reader.peek() === '\ufeff') reader.skip()
      // A tab may indent nothing that could be a key of a block.
      while (reader.peek() === ' ' || (reader.peek() === '\t' && (this.isInFlow || !this.simpleKeyAllowed))) {
        reader.skip()
      }
      if (reader.peek() === '#') reader.skipLineRest()
      if (!isBreak(reader.peek())) return
      reader.readBreak()
      if (!this.isInFlow) this.simpleKeyAllowed = true
    }
  }

  private closeBlocks(): void {
    this.unrollIndent(-1)
    this.removeSimpleKey()
    this.simpleKeyAllowed = false
  }

  /** In a block, opens a collection in this column if none is open there. */
  private startInBlock(kind: TokenKind, problem: string): void {
    if (this.isInFlow) return
    if (!this.simpleKeyAllowed) this.fail(problem)
    this.rollIndent(this.reader.column, kind, this.reader.mark())
  }

  private fetchStreamEnd(): void {
    this.reader.closeLine()
    this.closeBlocks()
    this.push('stream-end', this.reader.mark())
  }

  private fetchDocumentIndicator(kind: TokenKind): void {
    this.closeBlocks()
    this.push(kind, this.reader.mark())
    for (let i = 0; i < 3; i++) this.reader.skip()
  }

  private fetchFlowStart(kind: TokenKind): void {
    this.saveSimpleKey()
    this.simpleKeys.push(this.noSimpleKey())
    this.simpleKeyAllowed = true
    this.indicator(kind)
  }

  private indicator(kind: TokenKind): void {
    this.push(kind, this.reader.mark())
    this.reader.skip()
  }

  private fetchFlowEnd(kind: TokenKind): void {
    this.removeSimpleKey()
    if (this.isInFlow) {
      this.waiting.delete(this.simpleKey.tokenNumber)
      this.simpleKeys.pop()
    }
    this.simpleKeyAllowed = false
    this.indicator(kind)
  }

  private fetchFlowEntry(): void {
    this.removeSimpleKey()
    this.simpleKeyAllowed = true
    this.indicator('flow-entry')
  }

  private fetchBlockEntry(): void {
    this.startInBlock('block-sequence-start', 'block sequence entries are not allowed in this context')
    this.removeSimpleKey()
    this.simpleKeyAllowed = true
    this.indicator('block-entry')
  }

  private fetchKey(): void {
    this.startInBlock('block-mapping-start', 'mapping keys are not allowed in this context')
    this.removeSimpleKey()
    this.simpleKeyAllowed = !this.isInFlow
    this.indicator('key')
  }

  private fetchValue(): void {
    const key = this.simpleKey
    if (this.isStillKey(key)) {
      this.insert({ kind: 'key', start: key.mark, value: '', suffix: '', isPlain: false }, key.tokenNumber)
      this.rollIndent(key.mark.column, 'block-mapping-start', key.mark, key.tokenNumber)
      key.isPossible = false
      this.waiting.delete(key.tokenNumber)
      this.simpleKeyAllowed = false
    } else {
      this.startInBlock('block-mapping-start', 'mapping values are not allowed in this context')
      this.simpleKeyAllowed = !this.isInFlow
    }
    this.indicator('value')
  }

  private fetchNodeStart(scan: () => void): void {
    this.saveSimpleKey()
    this.simpleKeyAllowed = false
    scan()
  }

  private fetchBlockScalar(isLiteral: boolean): void {
    this.removeSimpleKey()
    this.simpleKeyAllowed = true
    this.push('scalar', this.reader.mark(), { value: scanBlockScalar(this.reader, this.indent, isLiteral) })
  }

  private scanQuoted(isSingle: boolean): void {
    this.push('scalar', this.reader.mark(), { value: scanQuotedScalar(this.reader, isSingle) })
  }

  private scanPlain(): void {
    const start = this.reader.mark()
    const { value, endsAfterBreak } = scanPlainScalar(this.reader, this.indent, this.isInFlow)
    this.push('scalar', start, { value, isPlain: true })
    if (endsAfterBreak) this.simpleKeyAllowed = true
  }

  private scanAnchor(kind: 'alias' | 'anchor'): void {
    this.push(kind, this.reader.mark(), { value: scanAnchorName(this.reader) })
  }

  private scanTag(): void {
    this.push('tag', this.reader.mark(), scanTag(this.reader))
  }

  private fetchDirective(): void {
    this.closeBlocks()
    const start = this.reader.mark()
    const { kind, value, suffix } = scanDirective(this.reader)
    this.push(kind, start, { value, suffix })
  }
}
