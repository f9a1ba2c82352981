// The reverse proxy against nginx and Caddy in one run, as ratios. Spec: performance.md, the first three rows.
import { execFile } from 'node:child_process'
import { mkdtemp, realpath, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Need } from '../needs.ts'
import { type Contender, downloadBytes, startField } from './contenders.ts'
import { cpuSeconds, peakMebibytes } from './programs.ts'

export const needs: readonly Need[] = [
  { program: 'nginx', from: 'nginx-light' },
  { program: 'caddy', from: 'caddy' },
  { program: 'wrk', from: 'wrk' },
  { program: 'curl', from: 'curl' },
]

const run = promisify(execFile)
const rounds = 3
const seconds = 5
const connections = 50

type Measured = {
  cpuPerRequestUs: number[]
  p50Ms: number[]
  p99Ms: number[]
  downCpuMs: number[]
  upCpuMs: number[]
}

export async function runBench({ signal }: { readonly signal: AbortSignal }): Promise<void> {
  const dir = await mkdtemp(join(await realpath(tmpdir()), 'connectors-bench-'))
  try {
    const field = await startField(dir)
    try {
      const upload = join(dir, 'upload')
      await writeFile(upload, '')
      await truncate(upload, downloadBytes)
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

function emptyResult(): Measured {
  return { cpuPerRequestUs: [], p50Ms: [], p99Ms: [], downCpuMs: [], upCpuMs: [] }
}

type MeasureOptions = { readonly signal: AbortSignal; readonly upload: string }

async function measure(contender: Contender, measured: Measured, options: MeasureOptions): Promise<void> {
  const { signal, upload } = options
  const pid = contender.program?.pid
  const cpu = () => (pid === undefined ? 0 : cpuSeconds(pid))
  let before = cpu()
  const { requests, p50Ms, p99Ms } = await load(contender, { signal, seconds })
  measured.cpuPerRequestUs.push(((cpu() - before) / requests) * 1e6)
  measured.p50Ms.push(p50Ms)
  measured.p99Ms.push(p99Ms)
  before = cpu()
  await curl([contender.download], contender, signal)
  measured.downCpuMs.push((cpu() - before) * 1000)
  before = cpu()
  await curl(['--upload-file', upload, '--header', 'Expect:', contender.upload], contender, signal)
  measured.upCpuMs.push((cpu() - before) * 1000)
}

async function load(
  contender: Contender,
  options: { readonly signal: AbortSignal; readonly seconds: number },
) {
  const headers = contender.headers.flatMap(header => ['--header', header])
  const args = ['--threads', '1', '--connections', String(connections), '--duration', `${options.seconds}s`]
  const { stdout } = await run('wrk', [...args, '--latency', ...headers, contender.small], {
    signal: options.signal,
  })
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1])
  if (!(requests > 0) || /Non-2xx/.test(stdout))
    throw new Error(`${contender.name} did not answer well: ${stdout}`)
  return { requests, p50Ms: percentile(stdout, '50%'), p99Ms: percentile(stdout, '99%') }
}

function percentile(text: string, name: string): number {
  const [, value, unit] = new RegExp(`${name}\\s+([\\d.]+)(us|ms|s)`).exec(text) ?? []
  return Number(value) * ({ us: 0.001, ms: 1, s: 1000 }[unit ?? ''] ?? Number.NaN)
}

async function curl(args: readonly string[], contender: Contender, signal: AbortSignal): Promise<void> {
  const headers = contender.headers.flatMap(header => ['--header', header])
  const common = ['--silent', '--show-error', '--fail', '--output', '/dev/null', '--max-time', '120']
  await run('curl', [...common, ...headers, ...args], { signal })
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
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

function fixed(value: number): number {
  return Math.round(value * 100) / 100
}
