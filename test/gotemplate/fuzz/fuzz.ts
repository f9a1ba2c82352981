// Runs generated cases against ours and against Go, and tells where they differ.
import { caseLine, type Oracle, type RenderCase } from '../oracle/oracle.ts'
import { countables, type GeneratedCase, generateCase } from './generate.ts'
import { type Outcome, outcomeOfGo, sameOutcome } from './outcome.ts'

/** Ours, in whichever copy. */
export interface Engine {
  render(one: RenderCase): Outcome
}

export interface Difference {
  readonly one: RenderCase
  readonly go: Outcome
  readonly ours: Outcome
}

export interface Tally {
  cases: number
  rendered: number
  failed: number
  /** Errors of parsing. */
  refused: number
  /** Go was stopped, or gives now this and now that: there is nothing to compare with. */
  undecided: number
  /** Of each countable, how many cases that could be parsed have it. */
  readonly hits: Map<string, number>
}

const batchSize = 250

export function newTally(): Tally {
  return { cases: 0, rendered: 0, failed: 0, refused: 0, undecided: 0, hits: new Map() }
}

/** Yields differences as they are found; holds one batch at a time. */
export async function* findDifferences(
  engine: Engine,
  oracle: Oracle,
  { seed, from = 0, cases, tally }: { seed: number; from?: number; cases: number; tally: Tally },
): AsyncGenerator<Difference> {
  for (let at = from; at < from + cases; at += batchSize) {
    const size = Math.min(batchSize, from + cases - at)
    const batch = Array.from({ length: size }, (_, i) => generateCase(seed, at + i))
    const results = await oracle.render(batch.map(caseLine))
    for (const [i, { hits, ...one }] of batch.entries()) {
      const go = outcomeOfGo(results[i] as (typeof results)[number])
      count(tally, hits, go)
      if (go === undefined) continue
      const ours = engine.render(one)
      if (sameOutcome(go, ours)) continue
      if (await isSteady(oracle, one, go)) yield { one, go, ours }
      else tally.undecided++
    }
  }
}

/** Whether the case still shows a difference; the one there is then. */
export async function compareOne(
  engine: Engine,
  oracle: Oracle,
  one: RenderCase,
): Promise<Difference | undefined> {
  const [result] = await oracle.render([caseLine(one)])
  const go = result && outcomeOfGo(result)
  if (go === undefined) return undefined
  const ours = engine.render(one)
  return sameOutcome(go, ours) || !(await isSteady(oracle, one, go)) ? undefined : { one, go, ours }
}

// Go's maps have no order, and pointers that are printed in decimal are another number each time.
async function isSteady(oracle: Oracle, one: RenderCase, go: Outcome): Promise<boolean> {
  const again = await oracle.render(Array<string>(16).fill(caseLine(one)))
  return again.map(outcomeOfGo).every(other => other !== undefined && sameOutcome(go, other))
}

function count(tally: Tally, hits: GeneratedCase['hits'], go: Outcome | undefined): void {
  tally.cases++
  const refused = go?.kind === 'error' && !go.bytes.includes(': executing ')
  if (go === undefined) tally.undecided++
  else if (refused) tally.refused++
  else if (go.kind === 'error') tally.failed++
  else tally.rendered++
  for (const hit of hits)
    if (!refused || hit === 'damaged') tally.hits.set(hit, (tally.hits.get(hit) ?? 0) + 1)
}

/** What came up less often than it should, as `construct break: 3`. */
export function seldomHit({ hits }: Tally, atLeast: number): string[] {
  return Object.entries(countables).flatMap(([what, names]) =>
    names
      .filter(name => (hits.get(name) ?? 0) < atLeast)
      .map(name => `${what} ${name}: ${hits.get(name) ?? 0}`),
  )
}

export function describeTally(tally: Tally): string {
  const counts = Object.entries(countables).map(([what, names]) => {
    const [least] = names.map(name => [tally.hits.get(name) ?? 0, name] as const).sort(([a], [b]) => a - b)
    return `${names.length} ${what}s (least: ${least?.[1]}, ${least?.[0]} times)`
  })
  return [
    `${tally.cases} cases: ${tally.rendered} render, ${tally.failed} fail, ${tally.refused} are no templates, ${tally.undecided} Go does not decide`,
    `covered: ${counts.join(', ')}`,
  ].join('\n')
}
