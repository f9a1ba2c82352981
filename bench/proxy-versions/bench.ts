// The reverse proxy of this checkout against that of another one, in interleaved rounds of one run, as ratios; and with
// tokens as volumes hold them. `npm run bench -- proxy-versions ../other-checkout`
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Need } from '../needs.ts'
import { startTools } from '../proxy/contenders.ts'
import { emptyResult, load, type Measured, measure, median, writeUpload } from '../proxy/measure.ts'
import { startOurs } from '../proxy/ours.ts'
import { freePort } from '../proxy/programs.ts'

export const needs: readonly Need[] = [
  { program: 'nginx', from: 'nginx-light' },
  { program: 'wrk', from: 'wrk' },
  { program: 'curl', from: 'curl' },
]

const rounds = 10
const rows = {
  cpuPerRequestUs: 'CPU per request',
  p50Ms: 'p50',
  p99Ms: 'p99',
  downCpuMs: 'CPU per GiB down',
  upCpuMs: 'CPU per GiB up',
} satisfies Record<keyof Measured, string>

export async function runBench({
  signal,
  args,
}: {
  readonly signal: AbortSignal
  readonly args: readonly string[]
}): Promise<void> {
  const [other] = args
  if (other === undefined)
    throw new Error('name the folder of the other checkout, with its packages installed')
  const dir = await mkdtemp(join(await realpath(tmpdir()), 'connectors-bench-'))
  const started: { end(): Promise<void> }[] = []
  const keep = async <T extends { end(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const part = await starting
    started.push(part)
    return part
  }
  try {
    const ports = await Promise.all(Array.from({ length: 5 }, freePort))
    const [toolPort = 0, filesPort = 0, ...own] = ports
    await startTools({ dir, toolPort, filesPort }, keep)
    const at = { dir, tool: `http://127.0.0.1:${toolPort}`, files: `http://127.0.0.1:${filesPort}` }
    const contenders = [
      await startOurs({ ...at, port: own[0] ?? 0, name: 'other', checkout: resolve(other) }, keep),
      await startOurs({ ...at, port: own[1] ?? 0, name: 'this' }, keep),
      await startOurs({ ...at, port: own[2] ?? 0, name: 'this, sealed tokens', isSealed: true }, keep),
    ]
    const upload = await writeUpload(dir)
    const results = contenders.map(contender => ({ contender, measured: emptyResult() }))
    for (const contender of contenders) await load(contender, { signal, seconds: 2 })
    for (let round = 0; round < rounds; round++) {
      // Whoever is first in a round is not always the same.
      for (let turn = 0; turn < results.length; turn++) {
        const result = results[(round + turn) % results.length]
        if (result !== undefined) await measure(result.contender, result.measured, { signal, upload })
      }
    }
    report(results)
  } finally {
    for (const part of started.reverse()) await part.end()
    await rm(dir, { recursive: true, force: true })
  }
}

type Result = { readonly contender: { readonly name: string }; readonly measured: Measured }

/** Ratios round by round, and their median: what the machine does meanwhile, it does to all. */
function report([other, ...others]: readonly Result[]): void {
  if (other === undefined) return
  for (const { contender, measured } of others) {
    for (const [key, name] of Object.entries(rows) as [keyof Measured, string][]) {
      const ratios = measured[key].map((value, round) => value / (other.measured[key][round] ?? Number.NaN))
      const ends = [Math.min(...ratios), median(ratios), Math.max(...ratios)].map(ratio => ratio.toFixed(3))
      console.log(`${contender.name}, ${name}: ${ends[1]} of the other (${ends[0]} to ${ends[2]})`)
    }
  }
}
