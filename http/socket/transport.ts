// One socket with reused read buffers and one place for small writes. It knows nothing of HTTP.
import { readSync } from 'node:fs'
import { type OnReadOpts, Socket } from 'node:net'
import { BULK_BYTES, type BufferPool, SMALL_BYTES } from './buffer-pool.ts'

export interface TransportOwner {
  /** The bytes are valid during this call only, unless a writer took them (`handOverReadBuffer`). */
  received(bytes: Buffer, start: number, end: number): void
  /** Everything written has left, after `isBlocked` was true. */
  drained(): void
  ended(): void
  closed(error: Error | undefined): void
}

/** More unsent bytes than this stop whoever reads for this socket. */
const highWaterBytes = 32 * 1024

/** What is read into it is thrown away with its connection. */
const oneByte = Buffer.allocUnsafeSlow(1)

interface Lent {
  readonly buffer: Buffer
  /** Free when this many bytes have left. */
  readonly sentAt: number
}

export class Transport {
  owner: TransportOwner
  hasEnded = false
  isClosed = false
  /** Reads what is left when a write fails. */
  readsAfterFailedWrite = false

  #socket: Socket | undefined
  readonly #pool: BufferPool
  readonly #onread: OnReadOpts
  #reading: Buffer | undefined
  /** The last read filled a small buffer: more than that is on its way. */
  #isBulk = false
  #isPaused = false
  #ownsReads = false
  #error: Error | undefined
  /** Assembled and not yet written. */
  #out: Buffer | undefined
  #outLength = 0
  #written = 0
  #lent: Lent[] = []
  #isWaiting = false
  #hasSalvaged = false
  readonly #onWritten = (error?: Error | null): void => this.#afterWrite(error)

  constructor(owner: TransportOwner, pool: BufferPool) {
    this.owner = owner
    this.#pool = pool
    this.#onread = {
      buffer: () => this.#nextBuffer(),
      callback: (count, bytes) => {
        this.#isBulk = count >= SMALL_BYTES
        this.owner.received(bytes as Buffer, 0, count)
        return true
      },
    }
  }

  /** Starts on a connected socket; TLS is read through its `data` events. */
  adopt(given: Socket): void {
    const socket = withReusedBuffers(given, this.#onread)
    this.#socket = socket
    if (!this.#ownsReads) {
      socket.on('data', (bytes: Buffer) => this.owner.received(bytes, 0, bytes.length))
      // One that was accepted with `pauseOnConnect` does not start by itself.
      socket.resume()
    }
    socket.on('end', () => {
      this.hasEnded = true
      this.owner.ended()
    })
    socket.on('error', error => {
      this.#error ??= error
    })
    socket.on('close', () => this.#close())
  }

  get socket(): Socket {
    if (this.#socket === undefined) throw new Error('Cannot use a transport: it has no socket yet')
    return this.#socket
  }

  get isBlocked(): boolean {
    if ((this.#socket?.writableLength ?? 0) <= highWaterBytes) return false
    this.#isWaiting = true
    return true
  }

  pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.#socket?.pause()
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#socket?.resume()
  }

  /** A buffer with this much room from `outLength` on; what is assembled there goes out with the next flush. */
  assemble(room: number): Buffer {
    if (this.#out !== undefined && this.#out.length - this.#outLength < room) this.flush()
    if (this.#out === undefined) {
      this.#out =
        room <= SMALL_BYTES / 2 ? this.#pool.takeSmall() : Buffer.allocUnsafeSlow(room + SMALL_BYTES)
    }
    return this.#out
  }

  get outLength(): number {
    return this.#outLength
  }

  assembled(length: number): void {
    this.#outLength = length
  }

  /** Sends a range. `source` is the transport whose read buffer this is; bytes of nobody stay with the socket. */
  send(bytes: Buffer, from: number, to: number, source: Transport | undefined): void {
    const length = to - from
    if (length === 0) return
    if (this.#outLength > 0) {
      const out = this.#out as Buffer
      if (length <= out.length - this.#outLength) {
        bytes.copy(out, this.#outLength, from, to)
        this.#outLength += length
        return
      }
      this.flush()
    }
    if (this.#write(bytes.subarray(from, to))) return
    const lent = source?.handOverReadBuffer()
    if (lent !== undefined) this.#lent.push({ buffer: lent, sentAt: this.#written })
  }

  sendText(text: string): void {
    const out = this.assemble(text.length)
    this.#outLength += out.write(text, this.#outLength, 'latin1')
  }

  flush(): void {
    const out = this.#out
    if (out === undefined || this.#outLength === 0) return
    const length = this.#outLength
    this.#out = undefined
    this.#outLength = 0
    if (this.#write(out.subarray(0, length))) this.#pool.give(out)
    else this.#lent.push({ buffer: out, sentAt: this.#written })
  }

  /** Gives the buffer that was just read into to a writer; the next read gets another. */
  handOverReadBuffer(): Buffer | undefined {
    const buffer = this.#reading
    this.#reading = undefined
    return buffer
  }

  end(): void {
    this.flush()
    if (!this.isClosed) this.#socket?.end()
  }

  destroy(): void {
    this.#outLength = 0
    this.#socket?.destroy()
  }

  /** Ends so that the peer cannot take what it has for the whole. */
  reset(): void {
    this.#outLength = 0
    const socket = this.#socket
    if (socket === undefined) return
    if (isPlain(socket)) socket.resetAndDestroy()
    else socket.destroy()
  }

  /** Whether the kernel took it all at once; otherwise the bytes belong to the socket until they have left. */
  #write(bytes: Buffer): boolean {
    const socket = this.#socket
    if (socket === undefined || socket.destroyed || socket.writableEnded) return true
    this.#written += bytes.length
    socket.write(bytes, this.#onWritten)
    return socket.writableLength === 0
  }

  #afterWrite(error: Error | null | undefined): void {
    if (error && this.readsAfterFailedWrite && !this.#hasSalvaged) this.#salvage()
    if (this.#lent.length === 0 && !this.#isWaiting) return
    const unsent = this.#socket?.writableLength ?? 0
    const sent = this.#written - unsent
    let freed = 0
    for (; freed < this.#lent.length && (this.#lent[freed] as Lent).sentAt <= sent; freed++) {
      this.#pool.give((this.#lent[freed] as Lent).buffer)
    }
    if (freed > 0) this.#lent.splice(0, freed)
    if (unsent === 0 && this.#isWaiting && !this.isClosed) {
      this.#isWaiting = false
      this.owner.drained()
    }
  }

  /**
   * A tool that refuses an upload and closes resets the connection: our write fails while its answer waits to
   * be read, and the stream is about to be destroyed. So that is read now.
   */
  #salvage(): void {
    this.#hasSalvaged = true
    try {
      // Asked anew each time: what is received may close the socket, and its descriptor is another's then.
      for (let fd = descriptorOf(this.#socket); fd !== undefined; fd = descriptorOf(this.#socket)) {
        // A new one each time: what is received may still wait to be written to a slow client.
        const bytes = Buffer.allocUnsafe(SMALL_BYTES)
        const count = readSync(fd, bytes)
        if (count === 0) return
        this.owner.received(bytes, 0, count)
      }
    } catch {
      // Nothing (more) to read.
    }
  }

  /** Whether the peer's end, or bytes that nobody asked for, wait to be read. Unknown (false) below TLS. */
  hasEndUnread(): boolean {
    const fd = descriptorOf(this.#socket)
    if (fd === undefined) return false
    try {
      readSync(fd, oneByte)
      return true
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'EAGAIN'
    }
  }

  #nextBuffer(): Buffer {
    this.#ownsReads = true
    const current = this.#reading
    const wanted = this.#isBulk ? BULK_BYTES : SMALL_BYTES
    if (current !== undefined) {
      if (current.length === wanted) return current
      this.#pool.give(current)
    }
    this.#reading = this.#isBulk ? this.#pool.takeBulk() : this.#pool.takeSmall()
    return this.#reading
  }

  #close(): void {
    if (this.isClosed) return
    this.isClosed = true
    for (const lent of this.#lent) this.#pool.give(lent.buffer)
    if (this.#reading !== undefined) this.#pool.give(this.#reading)
    if (this.#out !== undefined) this.#pool.give(this.#out)
    this.#lent = []
    this.#reading = undefined
    this.#out = undefined
    this.owner.closed(this.#error)
  }
}

interface StreamHandle {
  readonly fd?: unknown
  readonly useUserBuffer?: unknown
  readonly readStop?: unknown
}

/** TCP without TLS above it: TLS sockets have a handle of their own kind, and cannot be reset. */
const isPlain = (socket: Socket): boolean => Object.getPrototypeOf(socket) === Socket.prototype

/** Of a plain, still open socket. */
const descriptorOf = (socket: Socket | undefined): number | undefined => {
  if (socket === undefined || !isPlain(socket)) return undefined
  const fd = (socket as unknown as { _handle: StreamHandle | null })._handle?.fd
  return typeof fd === 'number' && fd >= 0 ? fd : undefined
}

/**
 * The same connection as a socket that reads into our buffers. `onread` is public for sockets that connect
 * themselves, not for accepted ones (which need `pauseOnConnect`) nor for the winner of several attempts.
 * Undocumented, so only here: the handle moves to a socket of our own. Where it is not what is expected (TLS,
 * bytes already read), the socket stays as it was.
 */
const withReusedBuffers = (given: Socket, onread: OnReadOpts): Socket => {
  if (!isPlain(given) || given.readableLength > 0) return given
  const held = given as unknown as { _handle: StreamHandle | null }
  const handle = held._handle
  if (typeof handle?.useUserBuffer !== 'function' || typeof handle.readStop !== 'function') return given
  held._handle = null
  const options = { handle, onread, allowHalfOpen: true, readable: true, writable: true }
  const socket = new Socket(options as ConstructorParameters<typeof Socket>[0])
  given.destroy()
  return socket
}
