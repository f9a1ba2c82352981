// The four ways of writing a scalar: plain, in single or double quotes, as a block.
import { isBlank, isBreak, type Reader } from './reader.ts'

/** Blanks and breaks between two pieces of a flow scalar: a lone break is a blank, of several one is dropped. */
class Gap {
  private blanks = ''
  private firstBreak = ''
  private moreBreaks = ''
  hasBreak = false

  /** Takes what is at the reader; the callback hears of blanks behind a break, before they are taken. */
  read(reader: Reader, onBlankAfterBreak?: () => void): void {
    while (isBlank(reader.peek()) || isBreak(reader.peek())) {
      if (isBlank(reader.peek())) {
        if (this.hasBreak) onBlankAfterBreak?.()
        if (this.hasBreak) reader.skip()
        else this.blanks += reader.read()
      } else if (this.hasBreak) this.moreBreaks += reader.readBreak()
      else {
        this.firstBreak = reader.readBreak()
        this.hasBreak = true
      }
    }
  }

  get isEmpty(): boolean {
    return !this.hasBreak && this.blanks === ''
  }

  text(): string {
    if (!this.hasBreak) return this.blanks
    if (this.firstBreak !== '\n') return this.firstBreak + this.moreBreaks
    return this.moreBreaks === '' ? ' ' : this.moreBreaks
  }
}

export interface PlainScalar {
  readonly value: string
  /** What follows begins a line, so it may be a key. */
  readonly endsAfterBreak: boolean
}

export function scanPlainScalar(reader: Reader, parentIndent: number, isInFlow: boolean): PlainScalar {
  const indent = parentIndent + 1
  const parts: string[] = []
  let gap = new Gap()
  for (;;) {
    if (reader.isDocumentIndicator('-') || reader.isDocumentIndicator('.') || reader.peek() === '#') break
    while (!isEndOfPlain(reader, isInFlow)) {
      if (!gap.isEmpty) {
        parts.push(gap.text())
        gap = new Gap()
      }
      parts.push(reader.read())
    }
    if (!isBlank(reader.peek()) && !isBreak(reader.peek())) break
    gap.read(reader, () => {
      if (reader.column < indent && reader.peek() === '\t') {
        reader.fail('found a tab character that violates indentation')
      }
    })
    if (!isInFlow && reader.column < indent) break
  }
  return { value: parts.join(''), endsAfterBreak: gap.hasBreak }
}

function isEndOfPlain(reader: Reader, isInFlow: boolean): boolean {
  const character = reader.peek()
  if (character === '' || isBlank(character) || isBreak(character)) return true
  if (character === ':') {
    const next = reader.peek(1)
    return next === '' || isBlank(next) || isBreak(next)
  }
  return isInFlow && /[,?[\]{}]/.test(character)
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['0', '\0'],
  ['a', '\x07'],
  ['b', '\b'],
  ['t', '\t'],
  ['\t', '\t'],
  ['n', '\n'],
  ['v', '\v'],
  ['f', '\f'],
  ['r', '\r'],
  ['e', '\x1b'],
  [' ', ' '],
  ['"', '"'],
  ["'", "'"],
  ['\\', '\\'],
  ['N', '\u0085'],
  ['_', '\u00a0'],
  ['L', '\u2028'],
  ['P', '\u2029'],
])

export function scanQuotedScalar(reader: Reader, isSingle: boolean): string {
  const mark = isSingle ? "'" : '"'
  const parts: string[] = []
  reader.skip()
  for (;;) {
    if (reader.isDocumentIndicator('-') || reader.isDocumentIndicator('.')) {
      reader.fail('found unexpected document indicator')
    }
    if (reader.peek() === '') reader.fail('found unexpected end of stream')
    const gap = new Gap()
    for (;;) {
      const character = reader.peek()
      if (character === '' || isBlank(character) || isBreak(character)) break
      if (isSingle && character === "'" && reader.peek(1) === "'") {
        parts.push("'")
        reader.skip()
        reader.skip()
      } else if (character === mark) break
      else if (!isSingle && character === '\\') {
        if (isBreak(reader.peek(1))) {
          // The break is gone, and so is what indents the next line.
          reader.skip()
          reader.readBreak()
          gap.hasBreak = true
          break
        }
        parts.push(scanEscape(reader))
      } else parts.push(reader.read())
    }
    if (reader.peek() === mark) break
    gap.read(reader)
    parts.push(gap.text())
  }
  reader.skip()
  return parts.join('')
}

function scanEscape(reader: Reader): string {
  const letter = reader.peek(1)
  const simple = ESCAPES.get(letter)
  const length = { x: 2, u: 4, U: 8 }[letter]
  if (simple === undefined && length === undefined) reader.fail('found unknown escape character')
  reader.skip()
  reader.skip()
  if (simple !== undefined) return simple
  let digits = ''
  for (let i = 0; i < (length ?? 0); i++) {
    if (!/^[0-9A-Fa-f]$/.test(reader.peek(i))) reader.fail('did not find expected hexdecimal number')
    digits += reader.peek(i)
  }
  const code = Number.parseInt(digits, 16)
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    reader.fail('found invalid Unicode character escape code')
  }
  for (let i = 0; i < digits.length; i++) reader.skip()
  return String.fromCodePoint(code)
}

export function scanBlockScalar(reader: Reader, parentIndent: number, isLiteral: boolean): string {
  reader.skip()
  const { chomping, increment } = scanBlockHeader(reader)
  let indent = increment === 0 ? 0 : Math.max(0, parentIndent) + increment
  const parts: string[] = []
  const breaks = (): string => {
    const found = scanBlockBreaks(reader, parentIndent, indent)
    indent = found.indent
    return found.breaks
  }
  let leadingBreak = ''
  let trailingBreaks = breaks()
  let wasBlank = false
  while (reader.column === indent && reader.peek() !== '') {
    const startsBlank = isBlank(reader.peek())
    const folds = !isLiteral && !wasBlank && !startsBlank && leadingBreak === '\n'
    if (!folds) parts.push(leadingBreak)
    else if (trailingBreaks === '') parts.push(' ')
    parts.push(trailingBreaks)
    wasBlank = startsBlank
    while (reader.peek() !== '' && !isBreak(reader.peek())) parts.push(reader.read())
    leadingBreak = reader.readBreak()
    trailingBreaks = breaks()
  }
  if (chomping !== '-') parts.push(leadingBreak)
  if (chomping === '+') parts.push(trailingBreaks)
  return parts.join('')
}

function scanBlockHeader(reader: Reader): { chomping: string; increment: number } {
  const chomp = (): string => (/^[+-]$/.test(reader.peek()) ? reader.read() : '')
  let chomping = chomp()
  let increment = 0
  if (/^[0-9]$/.test(reader.peek())) {
    if (reader.peek() === '0') reader.fail('found an indentation indicator equal to 0')
    increment = Number(reader.read())
    if (chomping === '') chomping = chomp()
  }
  reader.skipBlanks()
  if (reader.peek() === '#') reader.skipLineRest()
  if (reader.peek() !== '' && !isBreak(reader.peek())) {
    reader.fail('did not find expected comment or line break')
  }
  reader.readBreak()
  return { chomping, increment }
}

/** Empty lines; the first line with something on it sets the indentation if nothing has yet. */
function scanBlockBreaks(
  reader: Reader,
  parentIndent: number,
  indent: number,
): { breaks: string; indent: number } {
  let breaks = ''
  let deepest = 0
  for (;;) {
    while ((indent === 0 || reader.column < indent) && reader.peek() === ' ') reader.skip()
    deepest = Math.max(deepest, reader.column)
    if ((indent === 0 || reader.column < indent) && reader.peek() === '\t') {
      reader.fail('found a tab character where an indentation space is expected')
    }
    if (!isBreak(reader.peek())) break
    breaks += reader.readBreak()
  }
  return { breaks, indent: indent === 0 ? Math.max(deepest, parentIndent + 1, 1) : indent }
}
