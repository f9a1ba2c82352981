// Real Go's text/template as a child process: built on first use, then asked in batches.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

export interface RenderCase {
  readonly name: string
  readonly template: string
  /** JSON text, because the spelling of a number decides its type. */
  readonly data?: string
  readonly options?: { missingkey?: 'default' | 'zero' | 'error'; probe?: boolean; name?: string }
}

/** One field beside `name`; `limit` when Go was stopped before it came to its own verdict. */
export interface OracleResult {
  readonly name: string
  readonly output?: string
  readonly error?: string
  readonly outputBase64?: string
  readonly errorBase64?: string
  readonly limit?: string
}

/** One case as a line of JSON, with the data's spelling kept. */
export function caseLine({ name, template, data, options }: RenderCase): string {
  const head = JSON.stringify({ name, template }).slice(0, -1)
  const middle = data === undefined ? '' : `,"data":${data}`
  return `${head}${middle}${options && Object.keys(options).length > 0 ? `,"options":${JSON.stringify(options)}` : ''}}`
}

/** Builds the Go program once per version of its sources, and gives the path of the binary. */
export async function buildOracle(): Promise<string> {
  const source = import.meta.dirname
  const names = (await readdir(source, { recursive: true }))
    .filter(name => /\.(go|mod|sum)$/.test(name))
    .sort()
  const hash = createHash('sha256')
  for (const name of names) hash.update(`${name}\0`).update(await readFile(join(source, name)))
  const folder = join(tmpdir(), 'connectors-gotemplate-oracle', hash.digest('hex').slice(0, 16))
  const binary = join(folder, 'oracle')
  if (existsSync(binary)) return binary
  await mkdir(folder, { recursive: true })
  const unfinished = `${binary}.${process.pid}`
  await runToEnd('go', ['build', '-o', unfinished, '.'], source)
  await rename(unfinished, binary)
  return binary
}

async function runToEnd(command: string, args: string[], cwd: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
  child.on('error', cause => reject(new Error(`Cannot run ${command}: ${cause.message}`, { cause })))
  child.on('exit', code =>
    code === 0 ? resolve() : reject(new Error(`Cannot run ${command}: exit status ${code}`)),
  )
  await promise
}

/** A running oracle. Lines are answered in order. */
export class Oracle implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #waiting: PromiseWithResolvers<string>[] = []
  #rest: Buffer[] = []

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child
    child.stdout.on('data', (chunk: Buffer) => this.#receive(chunk))
    child.stdin.on('error', () => {})
    child.on('error', cause => this.#fail(`the oracle did not start: ${cause.message}`))
    child.on('exit', code => this.#fail(`the oracle ended with status ${code}`))
  }

  static async start(): Promise<Oracle> {
    const binary = await buildOracle()
    return new Oracle(spawn(binary, ['run'], { stdio: ['pipe', 'pipe', 'inherit'] }))
  }

  /** Renders lines made by `caseLine` (or lines of a golden file). */
  async render(lines: readonly string[]): Promise<OracleResult[]> {
    const answers = lines.map(() => this.#expect())
    this.#child.stdin.write(lines.map(line => `${line}\n`).join(''))
    return (await Promise.all(answers)).map(text => JSON.parse(text))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#child.once('exit', () => resolve())
    this.#child.stdin.end()
    await promise
  }

  #expect(): Promise<string> {
    const waiting = Promise.withResolvers<string>()
    if (this.#child.exitCode === null) this.#waiting.push(waiting)
    else waiting.reject(new Error('the oracle has ended'))
    return waiting.promise
  }

  #receive(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const line = Buffer.concat([...this.#rest, chunk.subarray(start, end)])
      this.#rest = []
      start = end + 1
      this.#waiting.shift()?.resolve(line.toString())
    }
    if (start < chunk.length) this.#rest.push(chunk.subarray(start))
  }

  #fail(message: string): void {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(new Error(message))
  }
}
