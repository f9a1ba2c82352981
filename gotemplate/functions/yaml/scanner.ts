// YAML 1.1 text to tokens, with libyaml's idea of what is a key, what ends a plain scalar and what goes wrong.
import { type Mark, syntaxError } from './error.ts'
import { isBlank, isBreak, Reader } from './reader.ts'
import { scanBlockScalar, scanPlainScalar, scanQuotedScalar } from './scalar-scanner.ts'

export type TokenKind =
  | 'stream-end'
  | 'version-directive'
  | 'tag-directive'
  | 'document-start'
  | 'document-end'
  | 'block-sequence-start'
  | 'block-mapping-start'
  | 'block-end'
  | 'flow-sequence-start'
  | 'flow-sequence-end'
  | 'flow-mapping-start'
  | 'flow-mapping-end'
  | 'block-entry'
  | 'flow-entry'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar'

export interface Token {
  readonly kind: TokenKind
  readonly start: Mark
  /** Of a scalar, anchor or alias; the handle of a tag; `major.minor` of a version. */
  readonly value: string
  /** Of a tag: what follows the handle; of a tag directive: its prefix. */
  readonly suffix: string
  readonly isPlain: boolean
}

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

  private fetchStreamEnd(): void {
    this.reader.closeLine()
    this.unrollIndent(-1)
    this.removeSimpleKey()
    this.simpleKeyAllowed = false
    this.push('stream-end', this.reader.mark())
  }

  private fetchDocumentIndicator(kind: TokenKind): void {
    this.unrollIndent(-1)
    this.removeSimpleKey()
    this.simpleKeyAllowed = false
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
    if (!this.isInFlow) {
      if (!this.simpleKeyAllowed) this.fail('block sequence entries are not allowed in this context')
      this.rollIndent(this.reader.column, 'block-sequence-start', this.reader.mark())
    }
    this.removeSimpleKey()
    this.simpleKeyAllowed = true
    this.indicator('block-entry')
  }

  private fetchKey(): void {
    if (!this.isInFlow) {
      if (!this.simpleKeyAllowed) this.fail('mapping keys are not allowed in this context')
      this.rollIndent(this.reader.column, 'block-mapping-start', this.reader.mark())
    }
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
      if (!this.isInFlow) {
        if (!this.simpleKeyAllowed) this.fail('mapping values are not allowed in this context')
        this.rollIndent(this.reader.column, 'block-mapping-start', this.reader.mark())
      }
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
    const start = this.reader.mark()
    this.push('scalar', start, { value: scanBlockScalar(this.reader, this.indent, isLiteral) })
  }

  private scanQuoted(isSingle: boolean): void {
    const start = this.reader.mark()
    this.push('scalar', start, { value: scanQuotedScalar(this.reader, isSingle) })
  }

  private scanPlain(): void {
    const start = this.reader.mark()
    const { value, endsAfterBreak } = scanPlainScalar(this.reader, this.indent, this.isInFlow)
    this.push('scalar', start, { value, isPlain: true })
    if (endsAfterBreak) this.simpleKeyAllowed = true
  }

  private scanAnchor(kind: 'alias' | 'anchor'): void {
    const { reader } = this
    const start = reader.mark()
    reader.skip()
    const value = reader.readWhile(/[0-9A-Za-z_-]/)
    const next = reader.peek()
    if (value === '' || !(next === '' || isBlank(next) || isBreak(next) || /[?:,\]}%@`]/.test(next))) {
      this.fail('did not find expected alphabetic or numeric character')
    }
    this.push(kind, start, { value })
  }

  private scanTag(): void {
    const { reader } = this
    const start = reader.mark()
    let value = ''
    let suffix: string
    if (reader.peek(1) === '<') {
      reader.skip()
      reader.skip()
      suffix = this.scanTagUri('')
      if (reader.peek() !== '>') this.fail("did not find the expected '>'")
      reader.skip()
    } else {
      value = this.scanTagHandle(false)
      if (value.length > 1 && value.endsWith('!')) suffix = this.scanTagUri('')
      else {
        suffix = this.scanTagUri(value)
        value = suffix === '' ? '' : '!'
        if (suffix === '') suffix = '!'
      }
    }
    this.expectBlankOrBreak('did not find expected whitespace or line break')
    this.push('tag', start, { value, suffix })
  }

  private expectBlankOrBreak(problem: string): void {
    const next = this.reader.peek()
    if (next !== '' && !isBlank(next) && !isBreak(next)) this.fail(problem)
  }

  private scanTagHandle(isDirective: boolean): string {
    const { reader } = this
    if (reader.peek() !== '!') this.fail("did not find expected '!'")
    let handle = reader.read() + reader.readWhile(/[0-9A-Za-z_-]/)
    if (reader.peek() === '!') handle += reader.read()
    else if (isDirective && handle !== '!') this.fail("did not find expected '!'")
    return handle
  }

  /** `head` is what was taken for a handle and begins the suffix. */
  private scanTagUri(head: string): string {
    const { reader } = this
    let uri = head.slice(1)
    let hasTag = head !== ''
    for (;;) {
      const plain = reader.readWhile(/[0-9A-Za-z_\-;/?:@&=+$,.!~*'()[\]]/)
      if (plain !== '') hasTag = true
      uri += plain
      if (reader.peek() !== '%') break
      hasTag = true
      uri += this.scanUriEscape()
    }
    if (!hasTag) this.fail('did not find expected tag URI')
    return uri
  }

  private scanUriEscape(): string {
    const { reader } = this
    const bytes: number[] = []
    let wanted = 1
    while (bytes.length < wanted) {
      const digits = reader.peek(1) + reader.peek(2)
      if (reader.peek() !== '%' || !/^[0-9A-Fa-f]{2}$/.test(digits))
        this.fail('did not find URI escaped octet')
      const byte = Number.parseInt(digits, 16)
      if (bytes.length === 0) {
        wanted = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 0
        if (wanted === 0) this.fail('found an incorrect leading UTF-8 octet')
      } else if ((byte & 0xc0) !== 0x80) this.fail('found an incorrect trailing UTF-8 octet')
      bytes.push(byte)
      for (let i = 0; i < 3; i++) reader.skip()
    }
    return new TextDecoder().decode(Uint8Array.from(bytes))
  }

  private fetchDirective(): void {
    const { reader } = this
    this.unrollIndent(-1)
    this.removeSimpleKey()
    this.simpleKeyAllowed = false
    const start = reader.mark()
    reader.skip()
    const name = reader.readWhile(/[0-9A-Za-z_-]/)
    if (name === '') this.fail('could not find expected directive name')
    this.expectBlankOrBreak('found unexpected non-alphabetical character')
    if (name === 'YAML') this.push('version-directive', start, { value: this.scanVersion() })
    else if (name === 'TAG') this.push('tag-directive', start, this.scanTagDirective())
    else this.fail('found unknown directive name')
    reader.skipBlanks()
    if (reader.peek() === '#') reader.skipLineRest()
    if (reader.peek() !== '' && !isBreak(reader.peek())) {
      this.fail('did not find expected comment or line break')
    }
    if (isBreak(reader.peek())) reader.readBreak()
  }

  private scanVersion(): string {
    const { reader } = this
    reader.skipBlanks()
    const major = this.scanVersionNumber()
    if (reader.peek() !== '.') this.fail("did not find expected digit or '.' character")
    reader.skip()
    return `${major}.${this.scanVersionNumber()}`
  }

  private scanVersionNumber(): number {
    const { reader } = this
    let digits = ''
    while (/^[0-9]$/.test(reader.peek())) {
      if (digits.length === 2) this.fail('found extremely long version number')
      digits += reader.read()
    }
    if (digits === '') this.fail('did not find expected version number')
    return Number(digits)
  }

  private scanTagDirective(): { value: string; suffix: string } {
    const { reader } = this
    reader.skipBlanks()
    const value = this.scanTagHandle(true)
    if (!isBlank(reader.peek())) this.fail('did not find expected whitespace')
    reader.skipBlanks()
    const suffix = this.scanTagUri('')
    this.expectBlankOrBreak('did not find expected whitespace or line break')
    return { value, suffix }
  }
}
