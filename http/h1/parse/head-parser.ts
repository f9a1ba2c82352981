// Message heads and trailer sections from bytes: one pass, resumable at every byte, nothing lenient.
import { isDigit, targetByte, tokenByte, valueByte } from '../../message/characters.ts'
import { type Failure, refusalOfByte, refusalOfName, refusals } from '../../message/failure.ts'
import { isCodingName } from '../../message/headers.ts'
import type { Limits } from '../../message/limits.ts'

export const INCOMPLETE = -1
export const MALFORMED = -2

const CR = 0x0d
const LF = 0x0a
const SP = 0x20
const TAB = 0x09

const METHOD = 0
const TARGET = 1
const VERSION = 2
const STATUS = 3
const REASON = 4
const LINE_LF = 5
const FIELD_START = 6
const NAME = 7
const BEFORE_VALUE = 8
const VALUE = 9
const FIELD_LF = 10
const END_LF = 11

const versionPrefix = Buffer.from('HTTP/1.')
const versionLength = versionPrefix.length + 1

export type HeadKind = 'request' | 'response' | 'trailers'

const firstState = { request: METHOD, response: VERSION, trailers: FIELD_START } satisfies Record<
  HeadKind,
  number
>

/** Reads one head after another; `first` and `headers` are those of the last complete one. */
export class HeadParser {
  /** Request: method, target. Response: status, reason. Trailers: empty. */
  first: readonly [string, string] = ['', '']
  minorVersion = 1
  headers: string[] = []
  refusal: Failure = refusals.requestLine

  readonly #kind: HeadKind
  readonly #limits: Limits
  #state: number
  /** Where to go on, relative to the head's first byte. */
  #at = 0
  /** Start of the element being read, relative as well. */
  #from = 0
  #firstEnd = 0
  #secondStart = 0
  #secondEnd = 0
  /** name start, name end, value start, value end of each field. */
  readonly #marks: number[] = []
  #markCount = 0
  #held: Buffer | undefined
  #heldLength = 0

  constructor(kind: HeadKind, limits: Limits) {
    this.#kind = kind
    this.#limits = limits
    this.#state = firstState[kind]
  }

  /** Whether some bytes of a head came, but not all. */
  get isPartial(): boolean {
    return this.#heldLength > 0
  }

  /** Index of the first byte after the head, INCOMPLETE, or MALFORMED (then `refusal` says why). */
  feed(bytes: Buffer, start: number, end: number): number {
    if (this.#heldLength === 0) {
      const stop = this.#scan(bytes, start, end)
      if (stop >= 0) this.#finish(bytes, start, stop)
      else if (stop === INCOMPLETE) this.#hold(bytes, start, end)
      return stop
    }
    for (let from = start; from < end; ) {
      // In pieces: a body may follow in the same bytes, and need not be copied.
      const to = Math.min(end, from + 4096)
      const before = this.#heldLength
      this.#hold(bytes, from, to)
      const held = this.#held as Buffer
      const stop = this.#scan(held, 0, this.#heldLength)
      if (stop === MALFORMED) return MALFORMED
      if (stop >= 0) {
        this.#finish(held, 0, stop)
        return from + stop - before
      }
      from = to
    }
    return INCOMPLETE
  }

  #hold(bytes: Buffer, start: number, end: number): void {
    const length = this.#heldLength + end - start
    if (this.#held === undefined || this.#held.length < length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(1024, 2 * length))
      this.#held?.copy(larger, 0, 0, this.#heldLength)
      this.#held = larger
    }
    bytes.copy(this.#held, this.#heldLength, start, end)
    this.#heldLength = length
  }

  #finish(bytes: Buffer, base: number, stop: number): void {
    const text = bytes.toString('latin1', base, stop)
    if (this.#kind === 'request') {
      this.first = [text.slice(0, this.#firstEnd), text.slice(this.#secondStart, this.#secondEnd)]
    } else if (this.#kind === 'response') {
      const status = versionLength + 1
      this.first = [text.slice(status, status + 3), text.slice(this.#secondStart, this.#secondEnd)]
    }
    const headers: string[] = []
    const marks = this.#marks
    for (let mark = 0; mark < this.#markCount; mark += 4) {
      headers.push(text.slice(marks[mark], marks[mark + 1]), text.slice(marks[mark + 2], marks[mark + 3]))
    }
    this.headers = headers
    this.#state = firstState[this.#kind]
    this.#at = 0
    this.#from = 0
    this.#markCount = 0
    this.#secondStart = 0
    this.#secondEnd = 0
    this.#held = undefined
    this.#heldLength = 0
  }

  #refuse(refusal: Failure): number {
    this.refusal = refusal
    return MALFORMED
  }

  #scan(bytes: Buffer, base: number, end: number): number {
    const marks = this.#marks
    let state = this.#state
    let at = base + this.#at
    let from = base + this.#from
    let count = this.#markCount

    while (at < end) {
      switch (state) {
        case METHOD: {
          while (at < end && tokenByte[bytes[at] as number] === 1) at++
          if (at === end) break
          if (bytes[at] !== SP || at === base) return this.#refuse(refusalOfMethod(bytes, at, base))
          this.#firstEnd = at - base
          at++
          from = at
          this.#secondStart = at - base
          state = TARGET
          break
        }
        case TARGET: {
          while (at < end && targetByte[bytes[at] as number] === 1) at++
          if (at - base > this.#limits.requestLineBytes) return this.#refuse(refusals.targetLong)
          if (at === end) break
          if (bytes[at] !== SP) return this.#refuse(refusalOfByte(bytes[at], refusals.target))
          if (at === from) return this.#refuse(refusals.requestLine)
          this.#secondEnd = at - base
          at++
          from = at
          state = VERSION
          break
        }
        case VERSION: {
          while (at < end && at - from < versionPrefix.length && bytes[at] === versionPrefix[at - from]) at++
          if (at === end) break
          if (at - from === versionPrefix.length) {
            const minor = (bytes[at] as number) - 0x30
            if (minor !== 0 && minor !== 1) return this.#refuse(refusals.version)
            this.minorVersion = minor
            at++
            if (at === end) break
          }
          if (at - from !== versionLength) return this.#refuse(this.#refusalOfVersion(bytes, at, from, base))
          if (bytes[at] !== (this.#kind === 'request' ? CR : SP)) {
            return this.#refuse(refusalOfByte(bytes[at], this.#malformedLine()))
          }
          at++
          from = at
          state = this.#kind === 'request' ? LINE_LF : STATUS
          break
        }
        case STATUS: {
          while (at < end && at - from < 3 && isDigit(bytes[at])) at++
          if (at === end) break
          if (at - from !== 3 || bytes[from] === 0x30) return this.#refuse(refusals.statusLine)
          if (bytes[at] !== SP && bytes[at] !== CR)
            return this.#refuse(refusalOfByte(bytes[at], refusals.statusLine))
          if (bytes[at] === SP) at++
          from = at
          this.#secondStart = at - base
          state = REASON
          break
        }
        case REASON: {
          while (at < end && valueByte[bytes[at] as number] === 1) at++
          if (at === end) break
          if (bytes[at] !== CR) return this.#refuse(refusalOfByte(bytes[at], refusals.statusLine))
          this.#secondEnd = at - base
          at++
          state = LINE_LF
          break
        }
        case LINE_LF: {
          if (bytes[at] !== LF) return this.#refuse(refusals.bareCarriageReturn)
          at++
          state = FIELD_START
          break
        }
        case FIELD_START: {
          const byte = bytes[at]
          if (byte === CR) {
            at++
            state = END_LF
            break
          }
          if (byte === SP || byte === TAB) return this.#refuse(refusals.foldedField)
          if (count === 4 * this.#limits.headerFields) return this.#refuse(refusals.fieldsMany)
          from = at
          state = NAME
          break
        }
        case NAME: {
          while (at < end && tokenByte[bytes[at] as number] === 1) at++
          if (at === end) break
          if (bytes[at] !== 0x3a || at === from) return this.#refuse(refusalOfName(bytes[at]))
          marks[count] = from - base
          marks[count + 1] = at - base
          at++
          state = BEFORE_VALUE
          break
        }
        case BEFORE_VALUE: {
          while (at < end && (bytes[at] === SP || bytes[at] === TAB)) at++
          if (at === end) break
          from = at
          state = VALUE
          break
        }
        case VALUE: {
          while (at < end && valueByte[bytes[at] as number] === 1) at++
          if (at === end) break
          if (bytes[at] !== CR) return this.#refuse(refusalOfByte(bytes[at], refusals.fieldValue))
          let valueEnd = at
          while (valueEnd > from && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === TAB)) valueEnd--
          if (valueEnd < at && isCodingName(bytes, base + (marks[count] as number), at)) {
            return this.#refuse(refusals.coding)
          }
          marks[count + 2] = from - base
          marks[count + 3] = valueEnd - base
          count += 4
          at++
          state = FIELD_LF
          break
        }
        case FIELD_LF: {
          if (bytes[at] !== LF) return this.#refuse(refusals.bareCarriageReturn)
          at++
          if (at - base > this.#limits.headBytes) return this.#refuse(refusals.headLong)
          state = FIELD_START
          break
        }
        default: {
          if (bytes[at] !== LF) return this.#refuse(refusals.bareCarriageReturn)
          this.#markCount = count
          return at + 1
        }
      }
    }
    if (at - base > this.#limits.headBytes) return this.#refuse(refusals.headLong)
    this.#state = state
    this.#at = at - base
    this.#from = from - base
    this.#markCount = count
    return INCOMPLETE
  }

  #malformedLine(): Failure {
    return this.#kind === 'request' ? refusals.requestLine : refusals.statusLine
  }

  #refusalOfVersion(bytes: Buffer, at: number, from: number, base: number): Failure {
    if (this.#kind === 'request' && bytes.toString('latin1', base, base + 6) === 'PRI * ')
      return refusals.http2
    const isOtherVersion = at - from === 5 && isDigit(bytes[at])
    return isOtherVersion ? refusals.version : refusalOfByte(bytes[at], this.#malformedLine())
  }
}

const refusalOfMethod = (bytes: Buffer, at: number, base: number): Failure => {
  if (at === base && bytes[at] === 0x16) return refusals.tls
  return refusalOfByte(bytes[at], refusals.requestLine)
}
