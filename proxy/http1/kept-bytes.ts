// Bytes that have to outlive the read buffer they came in.
export class KeptBytes {
  length = 0
  #parts: Buffer[] = []

  add(bytes: Buffer, from: number, to: number): void {
    this.#parts.push(Buffer.from(bytes.subarray(from, to)))
    this.length += to - from
  }

  /** All of them, which are then kept no longer. */
  take(): Buffer {
    const parts = this.#parts
    this.clear()
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  }

  clear(): void {
    this.#parts = []
    this.length = 0
  }
}
