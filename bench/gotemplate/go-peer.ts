// Real Go's text/template as a child process that renders on one core when asked to.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

export interface GoAnswer {
  readonly output: string
  readonly count: number
  readonly cpuNs: number
}

const program = join(import.meta.dirname, '../../test/gotemplate/oracle')

export class GoPeer implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>
  readonly #reader: Interface

  constructor(signal: AbortSignal) {
    this.#child = spawn('go', ['run', '.', 'bench'], {
      cwd: program,
      stdio: ['pipe', 'pipe', 'inherit'],
      signal,
    })
    this.#child.on('error', () => {})
    this.#child.stdin.on('error', () => {})
    this.#reader = createInterface({ input: this.#child.stdout })
    this.#lines = this.#reader[Symbol.asyncIterator]()
  }

  /** Sends one request as JSON text, because data keeps its spelling, and waits for its answer. */
  async ask(request: string): Promise<GoAnswer> {
    this.#child.stdin.write(`${request}\n`)
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`Cannot measure Go's templates with ${program}: the program ended`)
    return JSON.parse(value) as GoAnswer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reader.close()
    this.#child.stdin.end()
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await new Promise(resolve => this.#child.once('close', resolve))
    }
  }
}
