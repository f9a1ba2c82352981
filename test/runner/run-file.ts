// Runs one test file in a process group of its own and says what became of it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Failure, Problem, ProblemCode, Report } from './reports.ts'

export interface FileResult {
  readonly file: string
  readonly passed: number
  readonly failures: readonly { readonly test: string; readonly failure: Failure }[]
  readonly problems: readonly Problem[]
  /** The end of what the process printed. */
  readonly output: string
  readonly durationMs: number
}

export interface RunFileOptions {
  readonly timeoutMs: number
  /** How long a file may take to end after its last test. */
  readonly graceMs: number
  readonly signal?: AbortSignal
  /** Told of each test as it ends, for runs so long that a person watches them. */
  readonly onTest?: (ended: EndedTest) => void
}

export interface EndedTest {
  readonly test: string
  readonly passed: boolean
  readonly durationMs: number
}

const worker = fileURLToPath(new URL('./worker.ts', import.meta.url))
const outputLimit = 64 * 1024
/** Problems that say by themselves why the process ended as it did. */
const endings: ReadonlySet<ProblemCode> = new Set(['load', 'crash', 'exit', 'hang', 'open'])

export async function runFile(file: string, options: RunFileOptions): Promise<FileResult> {
  const startedMs = performance.now()
  const child = spawn(process.execPath, [worker, file, String(options.graceMs)], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
    detached: true,
  })
  const stop = () => killGroup(child)
  options.signal?.addEventListener('abort', stop)

  const record = new Recording(options.onTest)
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => record.print(chunk))
  const reports = readReports(child.stdio[3] as Readable, report => record.take(report))

  const limit = setTimeout(() => {
    record.problem('hang', `no end within ${options.timeoutMs} ms${record.during()}`)
    stop()
  }, options.timeoutMs)
  let stuck: NodeJS.Timeout | undefined
  record.onDone = () => {
    // The process reports by itself what it left open, unless its event loop is stuck.
    stuck = setTimeout(() => {
      record.problem('open', 'left something open: the process was still busy after its last test')
      stop()
    }, options.graceMs + 3_000)
  }

  try {
    const closed = once(child, 'close')
    const [status, signal] = (await once(child, 'exit')) as [number | null, string | null]
    // Whatever the file started ends with it; only a process in a session of its own can outlive that.
    stop()
    await Promise.race([Promise.all([closed, reports]), delay(1_000, undefined, { ref: false })])
    record.end(status, signal)
  } finally {
    clearTimeout(limit)
    clearTimeout(stuck)
    options.signal?.removeEventListener('abort', stop)
    for (const stream of child.stdio) stream?.destroy()
  }
  const { passed, failures, problems, output } = record
  return { file, passed, failures, problems, output, durationMs: performance.now() - startedMs }
}

class Recording {
  passed = 0
  readonly failures: { test: string; failure: Failure }[] = []
  readonly problems: Problem[] = []
  output = ''
  onDone = () => {}
  readonly #onTest: (ended: EndedTest) => void
  #running: string | undefined
  #startedMs = 0
  #done = false

  constructor(onTest: (ended: EndedTest) => void = () => {}) {
    this.#onTest = onTest
  }

  print(chunk: Buffer): void {
    this.output = (this.output + chunk).slice(-outputLimit)
  }

  problem(code: ProblemCode, text: string): void {
    this.problems.push({ code, text })
  }

  take(report: Report): void {
    switch (report.kind) {
      case 'start':
        this.#running = report.test
        this.#startedMs = performance.now()
        break
      case 'pass':
        this.passed++
        this.#end(report.test, true)
        break
      case 'fail':
        this.failures.push({ test: report.test, failure: report.failure })
        this.#end(report.test, false)
        break
      case 'problem':
        this.problems.push({ ...report.problem, text: report.problem.text + this.during() })
        break
      case 'done':
        this.#done = true
        this.onDone()
        break
    }
  }

  #end(test: string, passed: boolean): void {
    this.#running = undefined
    this.#onTest({ test, passed, durationMs: performance.now() - this.#startedMs })
  }

  during(): string {
    if (this.#running !== undefined) return ` (during "${this.#running}")`
    return this.#done ? ' (after the tests)' : ''
  }

  end(status: number | null, signal: string | null): void {
    if (this.problems.some(({ code }) => endings.has(code))) return
    if (signal !== null) this.problem('exit', `ended by ${signal}${this.during()}`)
    else if (!this.#done) {
      this.problem('unfinished', `ended with status ${status} and an unsettled promise${this.during()}`)
    } else if (status !== 0) this.problem('exit', `the tests left exit status ${status} behind`)
  }
}

async function readReports(source: Readable, take: (report: Report) => void): Promise<void> {
  let rest = ''
  // By hand, because readline also splits at U+2028 and U+2029, which JSON leaves as they are.
  for await (const chunk of source.setEncoding('utf8')) {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(JSON.parse(line) as Report)
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group is gone already.
  }
}
