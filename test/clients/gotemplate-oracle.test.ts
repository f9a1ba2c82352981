// The oracle is right: it gives what the golden files say that Go gives, in order, and outlives what Go cannot stop.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { describeOutcome, outcomeOfGo, sameOutcome } from '../gotemplate/fuzz/outcome.ts'
import { caseLine, Oracle, type OracleResult } from '../gotemplate/oracle/oracle.ts'

const folder = join(import.meta.dirname, '../gotemplate/golden')

const oracles = suite('the oracle')

oracles('gives what the golden files say', async () => {
  await using oracle = await Oracle.start()
  for (const file of readdirSync(folder).filter(name => name.endsWith('.json'))) {
    const lines = readFileSync(join(folder, file), 'utf8').split('\n')
    const cases = lines.filter(line => line.startsWith('{')).map(line => line.replace(/,$/, ''))
    const results = await oracle.render(cases)
    for (const [i, line] of cases.entries()) {
      const wanted = JSON.parse(line) as OracleResult
      const { limit: _, ...given } = results[i] as OracleResult
      assert.is(given.name, wanted.name)
      const [go, golden] = [outcomeOfGo(given), outcomeOfGo(wanted)]
      assert.ok(go && golden && sameOutcome(go, golden), `${wanted.name}: ${go && describeOutcome(go)}`)
    }
  }
})

oracles('says where it stopped Go, and goes on', async () => {
  await using oracle = await Oracle.start()
  const templates = [
    '{{range 9999999999999}}{{end}}',
    '{{$d := dict}}{{$_ := set $d "a" $d}}{{$d}}',
    '{{range 99999999}}some text{{end}}',
    'still {{"here"}}',
  ]
  const lines = templates.map((template, i) => caseLine({ name: String(i), template }))
  const results = await oracle.render(lines)
  assert.equal(
    results.map(({ name, limit, output }) => [name, limit ?? output]),
    [
      ['0', 'time limit'],
      ['1', 'memory or stack limit'],
      ['2', 'output limit'],
      ['3', 'still here'],
    ],
  )
})

oracles.run()
