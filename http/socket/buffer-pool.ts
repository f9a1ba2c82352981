// Read and write buffers that outlive one use. A buffer has one holder at a time: a socket that reads into
// it, or the writer that still sends from it.
export const SMALL_BYTES = 16 * 1024
/** Measured: reads of this size make a bulk body cheaper than nginx's; larger ones gain nothing. */
export const BULK_BYTES = 256 * 1024

const smallKept = 128
const bulkKept = 16
const bulkAtOnce = 64

export class BufferPool {
  readonly #small: Buffer[] = []
  readonly #bulk: Buffer[] = []
  #bulkOut = 0

  takeSmall(): Buffer {
    return this.#small.pop() ?? Buffer.allocUnsafeSlow(SMALL_BYTES)
  }

  /** A bulk buffer while few enough are out, else a small one: memory stays bounded whatever is transferred. */
  takeBulk(): Buffer {
    if (this.#bulkOut >= bulkAtOnce) return this.takeSmall()
    this.#bulkOut++
    return this.#bulk.pop() ?? Buffer.allocUnsafeSlow(BULK_BYTES)
  }

  give(buffer: Buffer): void {
    if (buffer.length === SMALL_BYTES) {
      if (this.#small.length < smallKept) this.#small.push(buffer)
    } else if (buffer.length === BULK_BYTES) {
      this.#bulkOut--
      if (this.#bulk.length < bulkKept) this.#bulk.push(buffer)
    }
  }
}
