// Cuts a template's text into items. Positions are indexes into the JavaScript string; lines and byte columns are
// worked out when an error needs them.
import { quote } from './format/quote.ts'
import { type Item, type ItemType, type Keyword, keywords } from './item.ts'
import { isDigit, isLetter, isPrint } from './unicode.ts'

const leftDelim = '{{'
const rightDelim = '}}'
const none = -1

function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13
}

function isAlphanumeric(rune: number): boolean {
  return rune === 95 || isLetter(rune) || isDigit(rune)
}

/** %#U. */
function describeRune(rune: number): string {
  if (rune === none) return 'U+FFFFFFFFFFFFFFFF'
  const shown = rune >= 0xd800 && rune <= 0xdfff ? 0xfffd : rune
  const code = `U+${shown.toString(16).toUpperCase().padStart(4, '0')}`
  return isPrint(shown) ? `${code} '${String.fromCodePoint(shown)}'` : code
}

export class Lexer {
  private readonly text: string
  private readonly keywordsOff: ReadonlySet<string>
  private at = 0
  private start = 0
  private parens = 0
  private isInAction = false
  private failed: Item | undefined

  /** `keywordsOff`: of break and continue, those that are functions here. */
  constructor(text: string, keywordsOff: ReadonlySet<string>) {
    this.text = text
    this.keywordsOff = keywordsOff
  }

  nextItem(): Item {
    if (this.failed !== undefined) return { type: 'eof', start: 0, value: 'EOF' }
    return this.isInAction ? this.insideAction() : this.outsideAction()
  }

  private item(type: ItemType): Item {
    const item = { type, start: this.start, value: this.text.slice(this.start, this.at) }
    this.start = this.at
    return item
  }

  private fail(message: string): Item {
    this.failed = { type: 'error', start: this.start, value: message }
    return this.failed
  }

  private rune(): number {
    return this.text.codePointAt(this.at) ?? none
  }

  private advance(): number {
    const rune = this.rune()
    if (rune !== none) this.at += rune > 0xffff ? 2 : 1
    return rune
  }

  private outsideAction(): Item {
    const { text } = this
    for (;;) {
      const open = text.indexOf(leftDelim, this.at)
      if (open < 0) {
        this.at = text.length
        return this.at > this.start ? this.item('text') : this.item('eof')
      }
      if (open > this.at) {
        let end = open
        if (this.hasLeftTrim(open + 2)) while (end > this.start && isBlank(text.charCodeAt(end - 1))) end--
        this.at = end
        const item = this.item('text')
        this.at = open
        this.start = open
        if (item.value !== '') return item
      }
      const afterTrim = open + 2 + (this.hasLeftTrim(open + 2) ? 2 : 0)
      if (!text.startsWith('/*', afterTrim)) {
        this.at = open + 2
        const item = this.item('leftDelim')
        this.at = afterTrim
        this.start = afterTrim
        this.isInAction = true
        this.parens = 0
        return item
      }
      this.start = afterTrim
      const problem = this.skipComment(afterTrim)
      if (problem !== undefined) return this.fail(problem)
    }
  }

  private hasLeftTrim(at: number): boolean {
    return this.text[at] === '-' && isBlank(this.text.charCodeAt(at + 1))
  }

  /** Length of a right delimiter at the index, trim marker and all; 0 if there is none. */
  private rightDelimAt(at: number): number {
    const { text } = this
    if (text.startsWith(rightDelim, at)) return 2
    return isBlank(text.charCodeAt(at)) && text[at + 1] === '-' && text.startsWith(rightDelim, at + 2) ? 4 : 0
  }

  private skipComment(from: number): string | undefined {
    const close = this.text.indexOf('*/', from + 2)
    if (close < 0) return 'unclosed comment'
    const length = this.rightDelimAt(close + 2)
    if (length === 0) return 'comment ends before closing delimiter'
    this.at = close + 2 + length
    if (length === 4) this.skipBlanks()
    this.start = this.at
    return undefined
  }

  private skipBlanks(): void {
    while (isBlank(this.text.charCodeAt(this.at))) this.at++
  }

  private rightDelimiter(length: number): Item {
    this.start += length - 2
    this.at = this.start + 2
    const item = this.item('rightDelim')
    if (length === 4) this.skipBlanks()
    this.start = this.at
    this.isInAction = false
    return item
  }

  private insideAction(): Item {
    const delim = this.rightDelimAt(this.at)
    if (delim > 0) return this.parens === 0 ? this.rightDelimiter(delim) : this.fail('unclosed left paren')
    const rune = this.advance()
    switch (rune) {
      case none:
        return this.fail('unclosed action')
      case 32:
      case 9:
      case 10:
      case 13:
        return this.space()
      case 61: // =
        return this.item('assign')
      case 58: // :
        return this.advance() === 61 ? this.item('declare') : this.fail('expected :=')
      case 124: // |
        return this.item('pipe')
      case 34: // "
        return this.quoted(34, 'string', 'unterminated quoted string')
      case 39: // '
        return this.quoted(39, 'charConstant', 'unterminated character constant')
      case 96: // `
        return this.rawString()
      case 36: // $
        return this.atTerminator() ? this.item('variable') : this.fieldOrVariable('variable')
      case 40: // (
        this.parens++
        return this.item('leftParen')
      case 41: // )
        this.parens--
        return this.parens < 0 ? this.fail('unexpected right paren') : this.item('rightParen')
      default:
        return this.word(rune)
    }
  }

  private word(rune: number): Item {
    if (rune === 46 && this.at < this.text.length && !isDigitCode(this.text.charCodeAt(this.at))) {
      return this.fieldOrVariable('field')
    }
    if (rune === 46 || rune === 43 || rune === 45 || isDigitCode(rune)) {
      this.at = this.start
      return this.number()
    }
    if (isAlphanumeric(rune)) return this.identifier()
    if (rune < 0x80 && isPrint(rune)) return this.item('char')
    return this.fail(`unrecognized character in action: ${describeRune(rune)}`)
  }

  private space(): Item {
    this.skipBlanks()
    // The last blank may belong to a trim marker.
    if (this.rightDelimAt(this.at - 1) === 4) {
      this.at--
      if (this.at === this.start) return this.rightDelimiter(4)
    }
    return this.item('space')
  }

  private identifier(): Item {
    const last = this.skipAlphanumeric()
    if (!this.atTerminator()) return this.fail(`bad character ${describeRune(last)}`)
    const word = this.text.slice(this.start, this.at)
    if (keywords.has(word) && !this.keywordsOff.has(word)) return this.item(word as Keyword)
    return this.item(word === 'true' || word === 'false' ? 'bool' : 'identifier')
  }

  private fieldOrVariable(type: 'field' | 'variable'): Item {
    if (this.atTerminator()) return this.item(type === 'variable' ? 'variable' : 'dot')
    const last = this.skipAlphanumeric()
    return this.atTerminator() ? this.item(type) : this.fail(`bad character ${describeRune(last)}`)
  }

  /** Gives the first character that is not one of a word. */
  private skipAlphanumeric(): number {
    let rune = this.rune()
    while (rune !== none && isAlphanumeric(rune)) {
      this.at += rune > 0xffff ? 2 : 1
      rune = this.rune()
    }
    return rune
  }

  private atTerminator(): boolean {
    const { at, text } = this
    if (at >= text.length || isBlank(text.charCodeAt(at))) return true
    return '.,|:)('.includes(text.charAt(at)) || text.startsWith(rightDelim, at)
  }

  private quoted(mark: number, type: 'string' | 'charConstant', problem: string): Item {
    for (;;) {
      let rune = this.advance()
      if (rune === mark) return this.item(type)
      if (rune === 92) {
        rune = this.advance()
        if (rune !== none && rune !== 10) continue
      }
      if (rune === none || rune === 10) return this.fail(problem)
    }
  }

  private rawString(): Item {
    const close = this.text.indexOf('`', this.at)
    if (close < 0) return this.fail('unterminated raw quoted string')
    this.at = close + 1
    return this.item('rawString')
  }

  private number(): Item {
    if (!this.scanNumber()) return this.badNumber()
    const sign = this.text.charCodeAt(this.at)
    if (sign !== 43 && sign !== 45) return this.item('number')
    if (!this.scanNumber() || this.text[this.at - 1] !== 'i') return this.badNumber()
    return this.item('complex')
  }

  private badNumber(): Item {
    return this.fail(`bad number syntax: ${quote(this.text.slice(this.start, this.at))}`)
  }

  /** Roughly a number: the parser looks closer. */
  private scanNumber(): boolean {
    this.accept('+-')
    let digits = '0123456789_'
    if (this.accept('0')) {
      if (this.accept('xX')) digits = '0123456789abcdefABCDEF_'
      else if (this.accept('oO')) digits = '01234567_'
      else if (this.accept('bB')) digits = '01_'
    }
    this.acceptRun(digits)
    if (this.accept('.')) this.acceptRun(digits)
    if (digits.length === 11 && this.accept('eE')) {
      this.accept('+-')
      this.acceptRun('0123456789_')
    }
    if (digits.length === 23 && this.accept('pP')) {
      this.accept('+-')
      this.acceptRun('0123456789_')
    }
    this.accept('i')
    const rune = this.rune()
    if (rune === none || !isAlphanumeric(rune)) return true
    this.advance()
    return false
  }

  private accept(valid: string): boolean {
    if (this.at >= this.text.length || !valid.includes(this.text.charAt(this.at))) return false
    this.at++
    return true
  }

  private acceptRun(valid: string): void {
    while (this.accept(valid));
  }
}

function isDigitCode(code: number): boolean {
  return code >= 48 && code <= 57
}
