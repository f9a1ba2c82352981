// What it costs that connections to tools are never shared between callers: the same load by one caller, and by 500 who
// take turns, in interleaved rounds. With another checkout, the same there: `npm run bench -- callers ../other-checkout`
import { execFile } from 'node:child_process'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Need } from '../needs.ts'
import { startTools } from '../proxy/contenders.ts'
import { fixed, median } from '../proxy/measure.ts'
import { type Ours, startOurs } from '../proxy/ours.ts'
import { cpuSeconds, freePort, peakMebibytes } from '../proxy/programs.ts'

export const needs: readonly Need[] = [
  { program: 'nginx', from: 'nginx-light' },
  { program: 'wrk', from: 'wrk' },
]

const run = promisify(execFile)
const callers = 500
/** Fewer than an address may have before it says who it is: they all come from one. */
const connections = 60
const rounds = 10
const seconds = 3

type Load = { readonly name: string; readonly ours: Ours; readonly script: string; readonly us: number[] }

export async function runBench({
  signal,
  args,
}: {
  readonly signal: AbortSignal
  readonly args: readonly string[]
}): Promise<void> {
  const dir = await mkdtemp(join(await realpath(tmpdir()), 'connectors-bench-'))
  const started: { end(): Promise<void> }[] = []
  const keep = async <T extends { end(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const part = await starting
    started.push(part)
    return part
  }
  try {
    const [toolPort = 0, filesPort = 0, ...own] = await Promise.all(Array.from({ length: 4 }, freePort))
    await startTools({ dir, toolPort, filesPort }, keep)
    const at = { dir, tool: `http://127.0.0.1:${toolPort}`, files: `http://127.0.0.1:${filesPort}` }
    const loads: Load[] = []
    for (const [index, checkout] of [undefined, ...args.slice(0, 1)].entries()) {
      const name = checkout === undefined ? 'this' : 'other'
      const where = checkout === undefined ? {} : { checkout: resolve(checkout) }
      const ours = await startOurs({ ...at, ...where, name, port: own[index] ?? 0 }, keep)
      for (const count of [1, callers]) {
        const script = join(dir, `${name}-${count}.lua`)
        await writeFile(script, await takingTurns(ours, count))
        loads.push({ name: `${name}, callers: ${count}`, ours, script, us: [] })
      }
    }
    for (const load of loads) await cpuPerRequest(load, signal)
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < loads.length; turn++) {
        // Whoever is first in a round is not always the same.
        const load = loads[(round + turn) % loads.length] as Load
        load.us.push(await cpuPerRequest(load, signal))
      }
    }
    report(loads)
  } finally {
    for (const part of started.reverse()) await part.end()
    await rm(dir, { recursive: true, force: true })
  }
}

/** A script of wrk: the next request is that of the next caller, on whatever connection. */
async function takingTurns({ tokenOf, small }: Ours, count: number): Promise<string> {
  const tokens: string[] = []
  for (let at = 0; at < count; at++) {
    const token = (await tokenOf(`caller-${count}-${at}`)).reveal()
    await makeKnown(small, token)
    tokens.push(token)
  }
  return `local tokens = { ${tokens.map(token => JSON.stringify(token)).join(', ')} }
local requests = {}
local at = 0
init = function(args)
  for i, token in ipairs(tokens) do
    requests[i] = wrk.format("GET", nil, { ["Authorization"] = "Bearer " .. token })
  end
end
request = function()
  at = at % #requests + 1
  return requests[at]
end
`
}

/** New tokens of one address are asked about at a bounded rate; the load is one of callers who are known. */
async function makeKnown(url: string, token: string): Promise<void> {
  for (;;) {
    const response = await fetch(url, { headers: { Authorization: `Bearer ${token}` } })
    await response.body?.cancel()
    if (response.ok) return
    if (response.status !== 429) throw new Error(`a caller is answered with ${response.status}`)
    await delay(1000)
  }
}

async function cpuPerRequest({ ours, script, name }: Load, signal: AbortSignal): Promise<number> {
  const pid = ours.program?.pid ?? 0
  const before = cpuSeconds(pid)
  const { stdout } = await run(
    'wrk',
    [
      '--threads',
      '1',
      '--connections',
      String(connections),
      '--duration',
      `${seconds}s`,
      '--script',
      script,
      ours.small,
    ],
    { signal },
  )
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1])
  if (!(requests > 0) || /Non-2xx/.test(stdout)) throw new Error(`${name}: not answered well: ${stdout}`)
  return ((cpuSeconds(pid) - before) / requests) * 1e6
}

function report(loads: readonly Load[]): void {
  console.table(
    loads.map(({ name, us, ours }) => ({
      name,
      'CPU/request us': fixed(median(us)),
      'peak MiB of the process': fixed(peakMebibytes(ours.program?.pid ?? 0)),
    })),
  )
  for (let at = 0; at < loads.length; at += 2) {
    const [one, many] = loads.slice(at, at + 2) as [Load, Load]
    const ratio = median(many.us.map((us, round) => us / (one.us[round] ?? Number.NaN)))
    console.log(`${many.name}, of one caller's CPU per request: ${ratio.toFixed(2)}`)
  }
}
