// The text character by character, with line and column.
import { bytesOf, sequenceLength } from '../../bytes.ts'
import { type Mark, syntaxError, YamlError } from './error.ts'

export function isBlank(character: string): boolean {
  return character === ' ' || character === '\t'
}

/** YAML 1.1 has five. */
export function isBreak(character: string): boolean {
  switch (character) {
    case '\n':
    case '\r':
    case '\u0085':
    case '\u2028':
    case '\u2029':
      return true
    default:
      return false
  }
}

/** What go-yaml says of the first bytes that are no UTF-8. */
function encodingProblem(bytes: Uint8Array): string {
  let at = 0
  for (let size = sequenceLength(bytes, at); size > 0; size = sequenceLength(bytes, at)) at += size
  const first = bytes[at] as number
  const width = first >= 0xf8 || first < 0xc0 ? 0 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  if (width === 0) return 'invalid leading UTF-8 octet'
  if (at + width > bytes.length) return 'incomplete UTF-8 octet sequence'
  const rest = bytes.subarray(at + 1, at + width)
  if (rest.some(byte => (byte & 0xc0) !== 0x80)) return 'invalid trailing UTF-8 octet'
  const second = rest[0] as number
  const isLonger = first < 0xc2 || (first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90)
  return isLonger ? 'invalid length of a UTF-8 sequence' : 'invalid Unicode character'
}

export class Reader implements Mark {
  private readonly characters: readonly string[]
  index = 0
  line = 0
  column = 0

  /** Throws a YamlError for characters that no YAML has. */
  constructor(text: string) {
    if (!text.isWellFormed()) throw new YamlError(`yaml: ${encodingProblem(bytesOf(text))}`)
    if (/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/.test(text)) {
      throw new YamlError('yaml: control characters are not allowed')
    }
    this.characters = Array.from(text.startsWith('\ufeff') ? text.slice(1) : text)
  }

  mark(): Mark {
    return { index: this.index, line: this.line, column: this.column }
  }

  fail(problem: string): never {
    throw syntaxError(problem, this.line === 0 ? 0 : this.line + 1)
  }

  /** '' at the end. */
  peek(offset = 0): string {
    return this.characters[this.index + offset] ?? ''
  }

  skip(): void {
    this.index++
    this.column++
  }

  read(): string {
    const character = this.peek()
    this.skip()
    return character
  }

  readWhile(expression: RegExp): string {
    let text = ''
    while (this.peek() !== '' && expression.test(this.peek())) text += this.read()
    return text
  }

  skipBlanks(): void {
    while (isBlank(this.peek())) this.skip()
  }

  skipLineRest(): void {
    while (this.peek() !== '' && !isBreak(this.peek())) this.skip()
  }

  /** A line break, which is a line feed in the result unless it is one of Unicode's. */
  readBreak(): string {
    const character = this.peek()
    if (character === '') return ''
    this.index += character === '\r' && this.peek(1) === '\n' ? 2 : 1
    this.line++
    this.column = 0
    return character === '\u2028' || character === '\u2029' ? character : '\n'
  }

  /** The end of the text ends the line. */
  closeLine(): void {
    if (this.column === 0) return
    this.column = 0
    this.line++
  }

  /** Three dashes or dots at the start of a line, and nothing right behind. */
  isDocumentIndicator(mark: '-' | '.'): boolean {
    if (this.column !== 0 || this.peek() !== mark || this.peek(1) !== mark || this.peek(2) !== mark)
      return false
    const next = this.peek(3)
    return next === '' || isBlank(next) || isBreak(next)
  }
}
