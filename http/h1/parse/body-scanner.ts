// Follows a message body through the bytes of a connection, whatever its framing, and finds its end.
// Chunk framing that was checked is passed on as it is: re-framing would cost a copy or a write per chunk.
import { hexValue, valueByte } from '../../message/characters.ts'
import { type Failure, refusals } from '../../message/failure.ts'
import { field, fieldKind, type HeaderList } from '../../message/headers.ts'
import type { Limits } from '../../message/limits.ts'
import type { Transport } from '../../socket/transport.ts'
import { HeadParser, INCOMPLETE, MALFORMED } from './head-parser.ts'

const IDENTITY = 0
const SIZE = 1
const SIZE_LF = 2
const DATA = 3
const DATA_CR = 4
const DATA_LF = 5
const TRAILERS = 6
const EXTENSION = 7

/** 2^52: sizes stay exact. */
const sizeDigits = 13

/** Of all chunks of one body; nobody is known to send any. */
const extensionBytes = 16 * 1024

/** RFC 9112, 7.1.1: a recipient ignores the extensions that it does not know. We take none from clients. */
export type ChunkExtensions = 'refused' | 'dropped'

export class BodyScanner {
  /** The body has ended; for chunked ones the trailers were read too. */
  isDone = true
  refusal: Failure | undefined
  trailers: HeaderList = []
  /** Body bytes seen so far, without framing. */
  bytes = 0

  /** Range of the last `scan` that can be passed on as it is; empty if start equals end. */
  from = 0
  to = 0
  /** Size of a chunk whose size line is not (wholly) in that range and goes before it; -1 without one. */
  resumedSize = -1

  readonly #trailerParser: HeadParser
  #state = IDENTITY
  #remaining = 0
  #digits = 0
  #extensionBytes = 0
  #isChunked = false
  readonly #dropsExtensions: boolean

  constructor(limits: Limits, chunkExtensions: ChunkExtensions) {
    this.#dropsExtensions = chunkExtensions === 'dropped'
    this.#trailerParser = new HeadParser('trailers', limits)
  }

  get isChunked(): boolean {
    return this.#isChunked
  }

  /** Bytes that are still to come, if the length is known. */
  get remaining(): number | undefined {
    return this.#isChunked ? undefined : this.#remaining
  }

  begin(length: number | 'chunked' | 'until-close'): void {
    this.#isChunked = length === 'chunked'
    this.#state = this.#isChunked ? SIZE : IDENTITY
    this.#remaining = length === 'until-close' ? Number.POSITIVE_INFINITY : length === 'chunked' ? 0 : length
    this.#digits = 0
    this.#extensionBytes = 0
    this.isDone = length === 0
    this.refusal = undefined
    this.trailers = []
    this.bytes = 0
  }

  /**
   * Index of the first byte that is not of this body. Sets `from`, `to` and `resumedSize`; `onData` gets every
   * range of payload without framing, for those who do not pass the framing on.
   */
  scan(bytes: Buffer, start: number, end: number, onData?: (from: number, to: number) => void): number {
    this.from = start
    this.to = start
    this.resumedSize = -1
    if (this.#isChunked) return this.#scanChunks(bytes, start, end, onData)
    const stop = end - start > this.#remaining ? start + this.#remaining : end
    this.#remaining -= stop - start
    this.bytes += stop - start
    this.isDone = this.#remaining === 0
    this.to = stop
    if (onData !== undefined && stop > start) onData(start, stop)
    return stop
  }

  /** Passes the range of the last `scan` on, in the framing that it came in. */
  passTo(transport: Transport, bytes: Buffer, source: Transport | undefined): void {
    if (this.resumedSize >= 0) transport.sendText(`${this.resumedSize.toString(16)}\r\n`)
    transport.send(bytes, this.from, this.to, source)
  }

  #fail(refusal: Failure): number {
    this.refusal = refusal
    return MALFORMED
  }

  #scanChunks(
    bytes: Buffer,
    start: number,
    end: number,
    onData: ((from: number, to: number) => void) | undefined,
  ): number {
    let at = start
    let lineStart = start
    let isResumedLine = this.#isInSizeLine
    while (at < end) {
      switch (this.#state) {
        case SIZE: {
          if (this.#digits === 0) lineStart = at
          const value = hexValue[bytes[at] as number] as number
          if (value !== 255) {
            if (this.#digits === sizeDigits) return this.#fail(refusals.chunkSize)
            this.#remaining = this.#remaining * 16 + value
            this.#digits++
          } else if (bytes[at] === 0x0d && this.#digits > 0) {
            this.#state = SIZE_LF
          } else if (isExtension(bytes[at]) && this.#digits > 0 && this.#dropsExtensions) {
            // The line is written anew: what is in this range before it goes on first.
            if (!isResumedLine && lineStart > start) return this.#stopBefore(lineStart)
            isResumedLine = true
            this.#state = EXTENSION
          } else {
            return this.#fail(bytes[at] === 0x3b ? refusals.chunkExtension : refusals.chunkSize)
          }
          at++
          break
        }
        case EXTENSION: {
          const byte = bytes[at] as number
          if (byte === 0x0d) this.#state = SIZE_LF
          else if (valueByte[byte] !== 1) return this.#fail(refusals.chunkSize)
          else if (++this.#extensionBytes > extensionBytes) return this.#fail(refusals.chunkExtension)
          at++
          break
        }
        case SIZE_LF: {
          if (bytes[at] !== 0x0a) return this.#fail(refusals.chunkSize)
          at++
          if (this.#remaining === 0) {
            this.to = isResumedLine ? start : lineStart
            this.#state = TRAILERS
            return this.#scanTrailers(bytes, at, end)
          }
          if (isResumedLine) {
            this.resumedSize = this.#remaining
            this.from = at
            isResumedLine = false
          }
          this.#state = DATA
          break
        }
        case DATA: {
          const stop = end - at > this.#remaining ? at + this.#remaining : end
          if (onData !== undefined) onData(at, stop)
          this.bytes += stop - at
          this.#remaining -= stop - at
          at = stop
          if (this.#remaining === 0) this.#state = DATA_CR
          break
        }
        case DATA_CR: {
          if (bytes[at] !== 0x0d) return this.#fail(refusals.chunkEnd)
          at++
          this.#state = DATA_LF
          break
        }
        case DATA_LF: {
          if (bytes[at] !== 0x0a) return this.#fail(refusals.chunkEnd)
          at++
          this.#digits = 0
          this.#state = SIZE
          break
        }
        default:
          return this.#scanTrailers(bytes, at, end)
      }
    }
    // A size line that has not ended is held back: it could be the last chunk's.
    this.to = this.#isInSizeLine ? (isResumedLine ? start : lineStart) : end
    return end
  }

  get #isInSizeLine(): boolean {
    return this.#state === SIZE_LF || this.#state === EXTENSION || (this.#state === SIZE && this.#digits > 0)
  }

  /** Gives the size line back, to be scanned as the first of its range. */
  #stopBefore(lineStart: number): number {
    this.#remaining = 0
    this.#digits = 0
    this.to = lineStart
    return lineStart
  }

  #scanTrailers(bytes: Buffer, start: number, end: number): number {
    if (start === end) return end
    const stop = this.#trailerParser.feed(bytes, start, end)
    if (stop === MALFORMED) return this.#fail(this.#trailerParser.refusal)
    if (stop === INCOMPLETE) return end
    const trailers = this.#trailerParser.headers
    if (trailers.some((name, at) => at % 2 === 0 && isFraming(name))) return this.#fail(refusals.trailerField)
    this.trailers = trailers
    this.isDone = true
    return stop
  }
}

/** Space before the semicolon is what RFC 9112 calls bad, and to be taken all the same. */
const isExtension = (byte: number | undefined): boolean => byte === 0x3b || byte === 0x20 || byte === 0x09

const isFraming = (name: string): boolean => {
  const kind = fieldKind(name)
  return kind === field.contentLength || kind === field.transferEncoding || kind === field.host
}
