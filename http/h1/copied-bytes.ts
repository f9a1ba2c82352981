// Bytes that have to outlive the read buffer they came in. Small pieces share a block: a peer that sends byte by
// byte must not cost an object for each.
const blockBytes = 4096

export class CopiedBytes {
  length = 0
  #full: Buffer[] = []
  #block: Buffer | undefined
  #used = 0

  add(bytes: Buffer, from: number, to: number): void {
    this.length += to - from
    let at = from
    while (at < to) {
      const block = this.#block ?? this.#newBlock(to - at)
      const count = Math.min(to - at, block.length - this.#used)
      bytes.copy(block, this.#used, at, at + count)
      this.#used += count
      at += count
      if (this.#used === block.length) this.#closeBlock()
    }
  }

  /** All of them, which are then kept no longer. */
  take(): Buffer {
    this.#closeBlock()
    const parts = this.#full
    this.clear()
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  }

  clear(): void {
    this.#full = []
    this.#block = undefined
    this.#used = 0
    this.length = 0
  }

  #newBlock(wanted: number): Buffer {
    // A piece that comes first is likely the only one.
    const size = this.length === wanted ? wanted : Math.max(blockBytes, wanted)
    this.#block = Buffer.allocUnsafeSlow(size)
    return this.#block
  }

  #closeBlock(): void {
    if (this.#block !== undefined) this.#full.push(this.#block.subarray(0, this.#used))
    this.#block = undefined
    this.#used = 0
  }
}
