// The benchmark runner: `node bench/run.ts NAME [ARGUMENT ...]`. Each bench is a folder with a bench.ts that exports `runBench` and
// the `needs` without which it is not started.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { missingNeeds, type Need } from './needs.ts'

interface Bench {
  readonly needs: readonly Need[]
  runBench(options: { readonly signal: AbortSignal; readonly args: readonly string[] }): Promise<void>
}

const folder = import.meta.dirname

process.exitCode = await main()

async function main(): Promise<number> {
  const names = readdirSync(folder).filter(name => existsSync(join(folder, name, 'bench.ts')))
  const usage = `usage: node bench/run.ts NAME [ARGUMENT ...]\nNAME is one of: ${names.join(', ')}`
  let name: string | undefined
  let args: readonly string[] = []
  try {
    ;[name, ...args] = parseArgs({ allowPositionals: true }).positionals
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`)
    return 64
  }
  if (name === undefined) {
    console.log(usage)
    return 0
  }
  if (!names.includes(name)) {
    console.error(`Cannot run benchmark "${name}": there is none of that name\n${usage}`)
    return 64
  }
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  try {
    const bench = (await import(`./${name}/bench.ts`)) as Bench
    const missing = missingNeeds(bench.needs, process.env['PATH'] ?? '')
    if (missing !== undefined) throw new Error(missing)
    await bench.runBench({ signal: stop.signal, args })
    return 0
  } catch (error) {
    console.error(stop.signal.aborted ? 'stopped' : `Cannot run benchmark "${name}": ${describe(error)}`)
    return 1
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
