// The reverse proxy against nginx and Caddy in one run, as ratios. Spec: performance.md, the first three rows.
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Need } from '../needs.ts'
import type { Contender } from './contender.ts'
import { startField } from './contenders.ts'
import { emptyResult, fixed, load, type Measured, measure, median, writeUpload } from './measure.ts'
import { peakMebibytes } from './programs.ts'

export const needs: readonly Need[] = [
  { program: 'nginx', from: 'nginx-light' },
  { program: 'caddy', from: 'caddy' },
  { program: 'wrk', from: 'wrk' },
  { program: 'curl', from: 'curl' },
]

const rounds = 3

export async function runBench({ signal }: { readonly signal: AbortSignal }): Promise<void> {
  const dir = await mkdtemp(join(await realpath(tmpdir()), 'connectors-bench-'))
  try {
    const field = await startField(dir)
    try {
      const upload = await writeUpload(dir)
      const results = new Map(field.contenders.map(contender => [contender, emptyResult()]))
      for (const contender of field.contenders) await load(contender, { signal, seconds: 1 })
      for (let round = 0; round < rounds; round++) {
        for (const [contender, measured] of results) await measure(contender, measured, { signal, upload })
      }
      report(results)
    } finally {
      await field.end()
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

function report(results: ReadonlyMap<Contender, Measured>): void {
  const rows = [...results].map(([{ name, program }, measured]) => ({
    name,
    'CPU/request us': fixed(median(measured.cpuPerRequestUs)),
    'p50 ms': fixed(median(measured.p50Ms)),
    'p99 ms': fixed(median(measured.p99Ms)),
    'down CPU ms/GiB': fixed(median(measured.downCpuMs)),
    'up CPU ms/GiB': fixed(median(measured.upCpuMs)),
    'peak MiB': program === undefined ? 0 : fixed(peakMebibytes(program.pid)),
  }))
  console.table(rows)
  const of = (name: string, key: keyof Measured) => {
    const found = [...results].find(([contender]) => contender.name === name)
    return found === undefined ? Number.NaN : median(found[1][key])
  }
  const added = (name: string) => of(name, 'p99Ms') - of('direct', 'p99Ms')
  const best = (key: keyof Measured) => Math.min(of('nginx', key), of('Caddy', key))
  const ratios: readonly (readonly [string, number, number])[] = [
    ['CPU per request, of nginx', of('ours', 'cpuPerRequestUs') / of('nginx', 'cpuPerRequestUs'), 1.5],
    ['CPU per request, of Caddy', of('ours', 'cpuPerRequestUs') / of('Caddy', 'cpuPerRequestUs'), 0.25],
    ['added p99, of nginx', added('ours') / added('nginx'), 2],
    ['CPU per GiB down, of the better', of('ours', 'downCpuMs') / best('downCpuMs'), 0.8],
    ['CPU per GiB up, of the better', of('ours', 'upCpuMs') / best('upCpuMs'), 0.8],
  ]
  for (const [what, ratio, goal] of ratios) {
    const verdict = ratio <= goal ? 'reached' : `missing ${fixed(ratio - goal)}`
    console.log(`${what.padEnd(34)} ${ratio.toFixed(2)}  (at most ${goal}: ${verdict})`)
  }
}
