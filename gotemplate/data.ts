// JSON text as data: numbers keep the type that their spelling has, which JSON.parse forgets.
import { fromOutside } from './bytes.ts'
import { anyMapType, anySliceType } from './type.ts'
import { Dict, Float, int64, List, type Value } from './value.ts'

/**
 * Decodes as Kubernetes does: a number without `.` or exponent that fits 64 bits is an int64, any other a float64.
 * A text that is nothing but a float64 gives a `Float`, which `execute` takes. Throws SyntaxError, as JSON.parse does.
 */
export function dataFromJson(text: string): Value | Float {
  // Says what is wrong with bad text; after it the reader below can trust what it reads.
  JSON.parse(text)
  const value = new Reader(text).value()
  return typeof value === 'number' ? new Float(value) : value
}

class Reader {
  private readonly text: string
  private at = 0

  constructor(text: string) {
    this.text = text
  }

  value(): Value {
    this.skipBlanks()
    switch (this.text[this.at]) {
      case '{':
        return this.object()
      case '[':
        return this.array()
      case '"':
        return this.string()
      case 't':
        this.at += 4
        return true
      case 'f':
        this.at += 5
        return false
      case 'n':
        this.at += 4
        return null
      default:
        return this.number()
    }
  }

  private skipBlanks(): void {
    while (' \t\r\n'.includes(this.text[this.at] ?? '!')) this.at++
  }

  private object(): Dict {
    const entries = new Map<string, Value>()
    this.each('}', () => {
      const key = this.string()
      this.skipBlanks()
      this.at++
      entries.set(key, this.value())
    })
    return new Dict(anyMapType, entries)
  }

  private array(): Value {
    const elements: Value[] = []
    this.each(']', () => elements.push(this.value()))
    return new List(anySliceType, elements, 'decoded')
  }

  /** Reads between the brackets, of which the first is next. */
  private each(close: string, read: () => void): void {
    do {
      this.at++
      this.skipBlanks()
      if (this.text[this.at] !== close) read()
      this.skipBlanks()
    } while (this.text[this.at] === ',')
    this.at++
  }

  private string(): string {
    const from = this.at
    for (this.at++; this.text[this.at] !== '"'; this.at++) if (this.text[this.at] === '\\') this.at++
    this.at++
    return fromOutside(JSON.parse(this.text.slice(from, this.at)) as string)
  }

  private number(): Value {
    const from = this.at
    while ('+-.0123456789eE'.includes(this.text[this.at] ?? '!')) this.at++
    const digits = this.text.slice(from, this.at)
    if (/[.eE]/.test(digits)) return Number(digits)
    const whole = BigInt(digits)
    return BigInt.asIntN(64, whole) === whole ? int64(whole) : Number(digits)
  }
}
