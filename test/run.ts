// The test runner: `node test/run.ts [PATH ...]`. Every file runs in a process of its own, several at a time.
// Its last line is `N passed, N failed`; its status is 0 only when something ran and nothing failed.
import { availableParallelism } from 'node:os'
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { failedCount, failureText, fileLine } from './runner/print.ts'
import { type FileResult, runFile } from './runner/run-file.ts'
import { type Kind, kindOf, selectFiles } from './runner/select.ts'

const usage = `usage: node test/run.ts [PATH ...] [--clients] [--bail]
                        [--timeout SECONDS] [--grace SECONDS] [--concurrency N]
PATH is a test file, a folder, or a part of a path below test/.`

const testDir = import.meta.dirname

process.exitCode = await main()

async function main(): Promise<number> {
  let options: ReturnType<typeof readOptions>
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`)
    return 64
  }
  const { files, unmatched } = selectFiles(testDir, options.kind, options.filters)
  for (const filter of unmatched) console.log(`✘ no test file answers to "${filter}"`)

  const results = await runAll(files, options)
  const failing = results.filter(result => failedCount(result) > 0)
  if (failing.length > 0 && results.length > 1) {
    console.log('\nfailed:')
    for (const { file, failures, problems } of failing) {
      for (const { code } of problems) console.log(`  ${relative('', file)}  [${code}]`)
      for (const { test } of failures) console.log(`  ${relative('', file)}  ${test}`)
    }
  }
  const passed = results.reduce((sum, result) => sum + result.passed, 0)
  const failed = results.reduce((sum, result) => sum + failedCount(result), unmatched.length)
  if (passed + failed === 0) console.log('no test ran')
  console.log(`${passed} passed, ${failed} failed`)
  return failed > 0 || passed === 0 ? 1 : 0
}

function readOptions(argv: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      clients: { type: 'boolean', default: false },
      bail: { type: 'boolean', default: false },
      timeout: { type: 'string' },
      grace: { type: 'string', default: '5' },
      concurrency: { type: 'string' },
    },
  })
  const kind: Kind = values.clients ? 'clients' : 'unit'
  return {
    kind,
    filters: positionals,
    bail: values.bail,
    timeoutMs: values.timeout === undefined ? undefined : positive('timeout', values.timeout) * 1000,
    graceMs: positive('grace', values.grace) * 1000,
    // Real clients and real clusters share the machine badly: one file at a time.
    concurrency:
      values.concurrency === undefined
        ? kind === 'unit'
          ? availableParallelism()
          : 1
        : positive('concurrency', values.concurrency),
  }
}

function positive(flag: string, text: string): number {
  const number = Number(text)
  if (!(number > 0)) throw new Error(`Cannot read --${flag} "${text}" as a number above zero`)
  return number
}

async function runAll(
  files: readonly string[],
  options: ReturnType<typeof readOptions>,
): Promise<FileResult[]> {
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interrupted.abort()
      process.exit(130)
    })
  }
  const results: FileResult[] = []
  const waiting = [...files]
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const timeoutMs = options.timeoutMs ?? (kindOf(testDir, file) === 'unit' ? 120_000 : 900_000)
      const result = await runFile(file, { timeoutMs, graceMs: options.graceMs, signal: interrupted.signal })
      results.push(result)
      console.log(fileLine(result))
      if (failedCount(result) === 0) continue
      console.log(failureText(result))
      if (options.bail) waiting.length = 0
    }
  }
  await Promise.all(Array.from({ length: options.concurrency }, work))
  return results
}
