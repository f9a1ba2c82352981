// Lines to a file descriptor, all of one turn of the event loop in one write: a line a request costs no call of the
// system each, and a reader that is slow makes the process wait instead of filling its memory.
import { writeSync } from 'node:fs'

const capacity = 64 * 1024

export class LineWriter {
  readonly #fd: number
  readonly #buffer = Buffer.allocUnsafe(capacity)
  #used = 0
  #isScheduled = false

  constructor(fd: number) {
    this.#fd = fd
  }

  /** Takes whole lines, each with its line feed. */
  readonly write = (line: string): void => {
    const longest = line.length * 3
    if (longest > capacity - this.#used) this.flush()
    if (longest > capacity) {
      writeAll(this.#fd, Buffer.from(line))
      return
    }
    this.#used += this.#buffer.write(line, this.#used)
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#onTurn)
  }

  /** Writes what waits; to be called before the process ends. */
  flush(): void {
    if (this.#used === 0) return
    const bytes = this.#buffer.subarray(0, this.#used)
    this.#used = 0
    writeAll(this.#fd, bytes)
  }

  readonly #onTurn = (): void => {
    this.#isScheduled = false
    this.flush()
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4))

function writeAll(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(fd, bytes, written)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      // Nobody reads any more: there is no one to tell.
      if (code === 'EPIPE') return
      if (code !== 'EAGAIN') throw error
      Atomics.wait(sleeper, 0, 0, 1)
    }
  }
}
