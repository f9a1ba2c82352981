// Our templates against real Go's on random templates; and the proof that this finds mistakes.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadEngine } from '../gotemplate/fuzz/engine.ts'
import {
  type Difference,
  type Engine,
  findDifferences,
  newTally,
  seldomHit,
} from '../gotemplate/fuzz/fuzz.ts'
import { describeOutcome, goldenLine, sameOutcome } from '../gotemplate/fuzz/outcome.ts'
import { plantBug, plantedBugs } from '../gotemplate/fuzz/planted-bugs.ts'
import { Oracle } from '../gotemplate/oracle/oracle.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const cases = 4000
const shown = 10

const fuzz = suite('gotemplate against Go')

fuzz(`renders ${cases} random templates of a fixed seed as Go does`, () => expectNoDifference(1))

fuzz(`renders ${cases} random templates of a fresh seed as Go does`, () =>
  expectNoDifference(Date.now() % 1_000_000_000),
)

async function expectNoDifference(seed: number): Promise<void> {
  await using oracle = await Oracle.start()
  const tally = newTally()
  const found: string[] = []
  for await (const { one, go, ours } of findDifferences(await loadEngine(), oracle, { seed, cases, tally })) {
    found.push(`ours ${describeOutcome(ours)}\n${goldenLine(one, go)}`)
  }
  const again = `node test/gotemplate/fuzz/run.ts --seed ${seed} --cases ${cases}`
  assert.is(found.length, 0, `${again}\n${found.slice(0, shown).join('\n')}`)
  assert.equal(seldomHit(tally, cases / 400), [], again)
  assert.ok(tally.rendered + tally.failed > cases * 0.9, again)
}

fuzz.run()

const planted = suite('the fuzzer finds, when planted, that')

for (const bug of plantedBugs) {
  planted(bug.name, () =>
    withTempDir(async folder => {
      plantBug(bug, folder)
      const found = await firstDifference(await loadEngine(folder))
      assert.ok(found, `${cases} cases do not show it`)
    }),
  )
}

/** One that the bug makes: where ours without it agrees with Go. */
async function firstDifference(engine: Engine): Promise<Difference | undefined> {
  const healthy = await loadEngine()
  await using oracle = await Oracle.start()
  for await (const found of findDifferences(engine, oracle, { seed: 2, cases, tally: newTally() })) {
    if (sameOutcome(found.go, healthy.render(found.one))) return found
  }
  return undefined
}

planted.run()
