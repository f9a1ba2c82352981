// `npm run fuzz:gotemplate -- --seed N --cases N`: ours against real Go. Status 1 when they differ.
// Every difference is printed as a line for a golden file, after a comment that says what ours gave.
import { parseArgs } from 'node:util'
import { Oracle } from '../oracle/oracle.ts'
import { loadEngine } from './engine.ts'
import { compareOne, describeTally, findDifferences, newTally, seldomHit } from './fuzz.ts'
import { generateCase } from './generate.ts'
import { minimise } from './minimise.ts'
import { describeOutcome, goldenLine } from './outcome.ts'

const usage = 'usage: node test/gotemplate/fuzz/run.ts [--seed N] [--cases N] [--only INDEX] [--counts]'
/** From so many cases on, everything must have come up so often. */
const fullRun = { cases: 20_000, hits: 50 }
const maxMinimised = 40

process.exitCode = await main()

async function main(): Promise<number> {
  const options = readOptions()
  if (options === undefined) {
    console.error(usage)
    return 64
  }
  const { seed, only } = options
  const cases = only === undefined ? options.cases : 1
  console.log(`# seed ${seed}, ${cases} cases`)
  if (only !== undefined) console.log(`# ${JSON.stringify(generateCase(seed, only).template)}`)
  const engine = await loadEngine()
  await using oracle = await Oracle.start()
  const tally = newTally()
  let differences = 0
  for await (const found of findDifferences(engine, oracle, { seed, from: only ?? 0, cases, tally })) {
    differences++
    const smaller =
      differences > maxMinimised
        ? found.one
        : await minimise(found.one, async one => (await compareOne(engine, oracle, one)) !== undefined)
    const { one, go, ours } = (await compareOne(engine, oracle, smaller)) ?? found
    console.log(`# ${found.one.name}: ours ${describeOutcome(ours)}\n${goldenLine(one, go)},`)
  }
  if (options.counts)
    for (const [what, count] of [...tally.hits].sort(([, a], [, b]) => a - b))
      console.log(`# ${count} ${what}`)
  console.log(describeTally(tally).replace(/^/gm, '# '))
  const seldom = cases >= fullRun.cases ? seldomHit(tally, fullRun.hits) : []
  for (const one of seldom) console.log(`# too seldom: ${one}`)
  console.log(`# ${differences} differences`)
  return differences > 0 || seldom.length > 0 ? 1 : 0
}

function readOptions():
  | { seed: number; cases: number; only: number | undefined; counts: boolean }
  | undefined {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string' },
        cases: { type: 'string', default: String(fullRun.cases) },
        only: { type: 'string' },
        counts: { type: 'boolean', default: false },
      },
    })
    const seed = Number(values.seed ?? Date.now() % 1_000_000_000)
    const cases = Number(values.cases)
    const only = values.only === undefined ? undefined : Number(values.only)
    const valid = [seed, cases, only ?? 0].every(number => Number.isSafeInteger(number) && number >= 0)
    return valid ? { seed, cases, only, counts: values.counts } : undefined
  } catch {
    return undefined
  }
}
