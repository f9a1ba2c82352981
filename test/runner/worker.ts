// The process of one test file: `node worker.ts FILE OPEN_HANDLE_GRACE_MS`. It is run by run-file.ts only.
import { writeSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { type Report, reportFd } from './reports.ts'

type Run = () => Promise<unknown>

const [file = '', graceMs = '5000'] = process.argv.slice(2)
const uvuGlobals = globalThis as { UVU_DEFER?: number; UVU_QUEUE?: [string | null, ...Run[]][] }
const queue: [string | null, ...Run[]][] = [[null]]

// Written synchronously, so that a report outlives whatever the test does to the process next.
function send(report: Report): void {
  writeSync(reportFd, `${JSON.stringify(report)}\n`)
}

uvuGlobals.UVU_DEFER = 1
uvuGlobals.UVU_QUEUE = queue
const observedUrl = new URL('./observed-uvu.ts', import.meta.url).href
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'uvu' && context.parentURL !== observedUrl
      ? { url: observedUrl, format: 'module-typescript', shortCircuit: true }
      : next(specifier, context),
})

const observed = await import('./observed-uvu.ts')
observed.reportTo(send)

process.on('uncaughtExceptionMonitor', (error, origin) => {
  observed.problem(
    'crash',
    origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception',
    error,
  )
})
const realExit = process.exit.bind(process)
process.exit = code => {
  observed.problem('exit', `process.exit(${code ?? ''}) was called`, new Error('called here'))
  return realExit(code)
}

if (await load()) await runAll()

async function load(): Promise<boolean> {
  try {
    await import(pathToFileURL(file).href)
    return true
  } catch (error) {
    observed.problem('load', 'the file cannot be loaded', error)
    return false
  }
}

async function runAll(): Promise<void> {
  for (const run of queue.flatMap(([, ...runs]) => runs)) {
    // uvu rejects when an `after` hook throws, which the hook itself has reported.
    await run().catch(() => {})
  }
  observed.settle()
  send({ kind: 'done' })
  const watchdog = setTimeout(() => {
    const open = process
      .getActiveResourcesInfo()
      .filter(name => !/^(PipeWrap|FileHandle|TTYWrap)$/.test(name))
    observed.problem('open', `left something open: ${open.join(', ') || 'an unnamed handle'}`)
    realExit(1)
  }, Number(graceMs))
  watchdog.unref()
}
