// `npm run test:e2e -- [--keep | --installed] [FILTER ...]`: one run of the product in a real cluster.
// It builds and loads the images, proves install and uninstall, runs the scenarios against that installation, those that
// disturb it one at a time, and takes it away again. What takes as long as a token lives begins first and is awaited
// before the keys of tokens are dropped; last come the tests that look back at the whole run.
// FILTER is a part of a test file's path below test/e2e/.
import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { withTempDir } from '../helpers/temp-dir.ts'
import { failedCount, failureText } from '../runner/print.ts'
import { type FileResult, runFile } from '../runner/run-file.ts'
import { readSurroundings } from './harness/environment.ts'
import { buildProjectImage, buildTestImages, loadImage } from './harness/images.ts'
import { kubectl } from './harness/kubectl.ts'
import { installRelease, isInstalled, uninstallRelease } from './harness/release.ts'

const usage = `usage: npm run test:e2e -- [--keep | --installed] [--concurrency N] [FILTER ...]
  --keep       leave the release installed at the end
  --installed  test the release that is there: nothing is built, installed or uninstalled`

const here = import.meta.dirname
const limitMs = 900_000
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    // The files of tests run in process groups of their own.
    interrupted.abort()
    process.exit(130)
  })
}

process.exitCode = await main()

async function main(): Promise<number> {
  if (process.argv.includes('--help')) {
    console.log(usage)
    return 0
  }
  let options: Options
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}`)
    return 1
  }
  const phases = phasesOf(options)
  if (Object.values(phases).every(({ files }) => files.length === 0)) {
    console.error(`no e2e test answers to ${options.filters.join(' ')}`)
    return 1
  }
  const startedMs = performance.now()
  const { passed, failed } = await runAll(phases, options)
  console.log(`in ${seconds(performance.now() - startedMs)}`)
  console.log(`${passed} passed, ${failed} failed`)
  return failed > 0 || passed === 0 ? 1 : 0
}

type Options = ReturnType<typeof readOptions>

async function runAll(
  phases: Phases,
  { installed, keep, auditLog, loadImage }: Options,
): Promise<{ readonly passed: number; readonly failed: number }> {
  const results: FileResult[] = []
  let failed = 0
  try {
    const version = await kubectl(['version', '--output=yaml'])
    console.log(`cluster: ${/serverVersion:[\s\S]*gitVersion: (\S+)/.exec(version)?.[1]}`)
    if (!auditLog) console.log('- without E2E_AUDIT_LOG: rights are not compared with their use')
    if (!installed) {
      process.env['E2E_STARTED_AT'] = new Date().toISOString()
      await withTempDir(dir => prepare(dir, loadImage))
    }
    results.push(...(await runPhases(phases, installed)))
    if (!installed && !keep) await step('uninstall the release', uninstallRelease)
  } catch (error) {
    console.log(`✘ ${error instanceof Error ? error.message : error}`)
    failed += 1
  }
  const passed = results.reduce((sum, result) => sum + result.passed, 0)
  return { passed, failed: results.reduce((sum, result) => sum + failedCount(result), failed) }
}

function readOptions(argv: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      keep: { type: 'boolean', default: false },
      installed: { type: 'boolean', default: false },
      concurrency: { type: 'string', default: '3' },
    },
  })
  const concurrency = Number(values.concurrency)
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new Error(`Cannot read --concurrency "${values.concurrency}" as a number of files\n${usage}`)
  }
  const { loadImage } = readSurroundings(
    values.installed ? { ...process.env, E2E_LOAD_IMAGE: 'false' } : process.env,
  )
  const { keep, installed } = values
  const auditLog = process.env['E2E_AUDIT_LOG']
  return { keep, installed, concurrency, filters: positionals, loadImage, auditLog }
}

type Phase = { readonly files: readonly string[]; readonly concurrency: number }
type PhaseName = 'lifecycle' | 'scenarios' | 'disruptions' | 'endurance' | 'rotation' | 'afterwards'
type Phases = Readonly<Record<PhaseName, Phase>>

function phasesOf({ filters, concurrency, auditLog }: Options): Phases {
  return {
    lifecycle: { files: filesIn('.', filters), concurrency: 1 },
    scenarios: { files: filesIn('scenarios', filters), concurrency },
    disruptions: { files: filesIn('disruptions', filters), concurrency: 1 },
    endurance: { files: filesIn('endurance', filters), concurrency },
    // No token of a volume survives it.
    rotation: { files: filesIn('rotation', filters), concurrency: 1 },
    // What looks back at the run does so by the API server's own record of it, which not every cluster can give.
    afterwards: { files: auditLog ? filesIn('afterwards', filters) : [], concurrency: 1 },
  }
}

function filesIn(folder: string, filters: readonly string[]): string[] {
  return readdirSync(here, { recursive: true, encoding: 'utf8' })
    .filter(name => dirname(name) === folder && name.endsWith('.test.ts'))
    .filter(name => filters.length === 0 || filters.some(filter => name.includes(filter)))
    .map(name => join(here, name))
    .sort()
}

async function prepare(dir: string, loadCommand: string): Promise<void> {
  const ours = await step('build the image', () => buildProjectImage(dir))
  const others = await step('build the images of the tests', () => buildTestImages(dir))
  await step('load the images', async () => {
    for (const image of [ours, ...others]) await loadImage(image, loadCommand)
  })
  // The files of tests are processes of their own: they learn from the environment what to install.
  process.env['E2E_IMAGE'] = ours.name
}

/** The files at the top prove install and uninstall by themselves; the others find the release installed. */
async function runPhases(phases: Phases, installed: boolean): Promise<FileResult[]> {
  const results: FileResult[] = []
  if (!installed) {
    if (await isInstalled()) await step('uninstall what an earlier run has left', uninstallRelease)
    results.push(...(await runFiles(phases.lifecycle)))
    if (!(await isInstalled())) await step('install the release', () => installRelease())
  }
  const enduring = runFiles(phases.endurance)
  results.push(...(await runFiles(phases.scenarios)), ...(await runFiles(phases.disruptions)))
  results.push(...(await enduring))
  results.push(...(await runFiles(phases.rotation)), ...(await runFiles(phases.afterwards)))
  return results
}

async function runFiles({ files, concurrency }: Phase): Promise<FileResult[]> {
  const results: FileResult[] = []
  const waiting = [...files]
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const name = basename(file, '.test.ts')
      const result = await runFile(file, {
        timeoutMs: limitMs,
        graceMs: 5_000,
        signal: interrupted.signal,
        onTest: ({ test, passed, durationMs }) =>
          console.log(`${passed ? '✓' : '✘'} ${name}: ${test}  ${seconds(durationMs)}`),
      })
      results.push(result)
      for (const [line] of result.output.matchAll(/^measured: .*/gm)) console.log(`  ${name}: ${line}`)
      if (failedCount(result) > 0) console.log(failureText(result, { outputLines: 1000 }))
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return results
}

async function step<T>(what: string, run: () => Promise<T>): Promise<T> {
  const startedMs = performance.now()
  const result = await run()
  console.log(`- ${what}  ${seconds(performance.now() - startedMs)}`)
  return result
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
