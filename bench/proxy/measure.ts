// What is measured of a contender: CPU of its process for small requests, and for a large body each way.
import { execFile } from 'node:child_process'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Contender } from './contender.ts'
import { downloadBytes } from './contenders.ts'
import { cpuSeconds } from './programs.ts'

const run = promisify(execFile)
const seconds = 5
const connections = 50

export type Measured = {
  cpuPerRequestUs: number[]
  p50Ms: number[]
  p99Ms: number[]
  downCpuMs: number[]
  upCpuMs: number[]
}

export function emptyResult(): Measured {
  return { cpuPerRequestUs: [], p50Ms: [], p99Ms: [], downCpuMs: [], upCpuMs: [] }
}

/** A file as large as what is downloaded; its path. */
export async function writeUpload(dir: string): Promise<string> {
  const path = join(dir, 'upload')
  await writeFile(path, '')
  await truncate(path, downloadBytes)
  return path
}

type MeasureOptions = { readonly signal: AbortSignal; readonly upload: string }

export async function measure(
  contender: Contender,
  measured: Measured,
  options: MeasureOptions,
): Promise<void> {
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

export async function load(
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

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

export function fixed(value: number): number {
  return Math.round(value * 100) / 100
}
