// fmt.Sprintf: the format string's directives, explicit argument indexes, and what a wrong one prints.
import { isSigned, isUnsigned } from '../type.ts'
import { Int, typeOf, type Value } from '../value.ts'
import { noFlags } from './flags.ts'
import { type Charge, Printer } from './print.ts'

const maxNumber = 1_000_000

export function sprintf(charge: Charge, format: string, args: readonly Value[]): string {
  return new Formatter(charge, format, args).run()
}

/** One run over one format string. */
class Formatter {
  private readonly charge: Charge
  private readonly format: string
  private readonly args: readonly Value[]
  private output = ''
  private at = 0
  private next = 0
  private isReordered = false
  private isGoodIndex = true
  private isAfterIndex = false

  constructor(charge: Charge, format: string, args: readonly Value[]) {
    this.charge = charge
    this.format = format
    this.args = args
  }

  run(): string {
    const { format, args } = this
    while (this.at < format.length) {
      const percent = format.indexOf('%', this.at)
      this.write(format.slice(this.at, percent < 0 ? format.length : percent))
      if (percent < 0) break
      this.at = percent + 1
      this.charge.steps(1)
      this.isGoodIndex = true
      if (!this.plainDirective()) this.directive()
    }
    if (!this.isReordered && this.next < args.length) this.extra()
    return this.output
  }

  private write(text: string): void {
    this.charge.allocate(text.length)
    this.output += text
  }

  /** %s of a string and %d of an integer need neither flags nor a printer. */
  private plainDirective(): boolean {
    const value = this.args[this.next]
    const verb = this.format.charCodeAt(this.at)
    if (typeof value === 'string' && (verb === 115 || verb === 118)) this.write(value)
    else if (value instanceof Int && verb === 100) this.write(value.value.toString())
    else return false
    this.next++
    this.at++
    return true
  }

  private directive(): void {
    const { format } = this
    const flags = noFlags()
    for (; this.at < format.length; this.at++) {
      const character = format[this.at]
      if (character === '#') flags.sharp = true
      else if (character === '0') flags.zero = true
      else if (character === '+') flags.plus = true
      else if (character === '-') flags.minus = true
      else if (character === ' ') flags.space = true
      else break
    }
    this.argumentIndex()
    this.width(flags)
    this.precision(flags)
    if (!this.isAfterIndex) this.argumentIndex()
    this.isAfterIndex = false
    const rune = format.codePointAt(this.at)
    if (rune === undefined) {
      this.write('%!(NOVERB)')
      return
    }
    this.at += rune > 0xffff ? 2 : 1
    const verb = String.fromCodePoint(rune >= 0xd800 && rune <= 0xdfff ? 0xfffd : rune)
    if (verb === '%') this.write('%')
    else if (!this.isGoodIndex) this.write(`%!${verb}(BADINDEX)`)
    else if (this.next >= this.args.length) this.write(`%!${verb}(MISSING)`)
    else {
      if (verb === 'v' || verb === 'w') {
        flags.sharpV = flags.sharp
        flags.plusV = flags.plus
        flags.sharp = false
        flags.plus = false
      }
      const value = this.args[this.next++]
      // Padding is made before it is written, so it is charged first.
      this.charge.allocate((flags.width ?? 0) + (flags.precision ?? 0))
      this.write(new Printer(this.charge, flags).argument(value, verb))
    }
  }

  private width(flags: ReturnType<typeof noFlags>): void {
    if (this.format[this.at] === '*') {
      this.at++
      flags.width = this.numberFromArgument()
      if (flags.width === undefined) this.write('%!(BADWIDTH)')
      else if (flags.width < 0) {
        flags.width = -flags.width
        flags.minus = true
        flags.zero = false
      }
      this.isAfterIndex = false
      return
    }
    flags.width = this.number()
    if (this.isAfterIndex && flags.width !== undefined) this.isGoodIndex = false
  }

  private precision(flags: ReturnType<typeof noFlags>): void {
    if (this.format[this.at] !== '.' || this.at + 1 >= this.format.length) return
    this.at++
    if (this.isAfterIndex) this.isGoodIndex = false
    this.argumentIndex()
    if (this.format[this.at] === '*') {
      this.at++
      const number = this.numberFromArgument()
      flags.precision = number !== undefined && number < 0 ? undefined : number
      if (flags.precision === undefined) this.write('%!(BADPREC)')
      this.isAfterIndex = false
      return
    }
    flags.precision = this.number() ?? 0
  }

  /** Digits at the position; a number too large swallows the rest of the format, as in Go. */
  private number(end = this.format.length): number | undefined {
    let number: number | undefined
    while (this.at < end) {
      const digit = this.format.charCodeAt(this.at) - 48
      if (digit < 0 || digit > 9) break
      if ((number ?? 0) > maxNumber) {
        this.at = end
        return undefined
      }
      number = (number ?? 0) * 10 + digit
      this.at++
    }
    return number
  }

  private numberFromArgument(): number | undefined {
    if (this.next >= this.args.length) return undefined
    const value = this.args[this.next++]
    if (!(value instanceof Int) || !(isSigned(value.type.kind) || isUnsigned(value.type.kind)))
      return undefined
    return value.value > maxNumber || value.value < -maxNumber ? undefined : Number(value.value)
  }

  /** An explicit index `[n]`, if one stands here. */
  private argumentIndex(): void {
    this.isAfterIndex = false
    if (this.format[this.at] !== '[') return
    this.isReordered = true
    const from = this.at
    const close = this.format.length - from < 3 ? -1 : this.format.indexOf(']', from)
    if (close < 0) {
      this.at = from + 1
      this.isGoodIndex = false
      return
    }
    this.at = from + 1
    const number = this.number(close)
    const isNumber = number !== undefined && this.at === close
    this.at = close + 1
    if (isNumber && number >= 1 && number <= this.args.length) {
      this.next = number - 1
      this.isAfterIndex = true
      return
    }
    this.isGoodIndex = false
    this.isAfterIndex = isNumber
  }

  private extra(): void {
    const printer = new Printer(this.charge, noFlags())
    const parts = this.args.slice(this.next).map(value => {
      const type = typeOf(value)
      return type === undefined ? '<nil>' : `${type.name}=${printer.argument(value, 'v')}`
    })
    this.write(`%!(EXTRA ${parts.join(', ')})`)
  }
}
