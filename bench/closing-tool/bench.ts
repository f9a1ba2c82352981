// POST through a tool that closes idle connections in the very moment: how many are answered 502, ours against Go's
// reverse proxy in the same run. Spec: clients.md; the share must be at most Go's.
import { execFile } from 'node:child_process'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Need } from '../needs.ts'
import type { Contender } from '../proxy/contender.ts'
import { startOurs } from '../proxy/ours.ts'
import { freePort, startProgram } from '../proxy/programs.ts'

export const needs: readonly Need[] = [{ program: 'go', from: 'golang' }]

/** After which the tool closes; the requests of a client come as far apart, give or take a little. */
const idleTimes = [20, 100, 500] as const
const spreadMs = 3
const clients = 16
const tries = 100

type Tally = { answered: number; failed: number; other: number }

export async function runBench({ signal }: { readonly signal: AbortSignal }): Promise<void> {
  const dir = await mkdtemp(join(await realpath(tmpdir()), 'connectors-bench-'))
  const started: { end(): Promise<void> }[] = []
  const keep = async <T extends { end(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const part = await starting
    started.push(part)
    return part
  }
  try {
    const goProxy = join(dir, 'go-proxy')
    await promisify(execFile)('go', ['build', '-o', goProxy, join(import.meta.dirname, 'go-proxy.go')])
    const rows: Record<string, unknown>[] = []
    for (const idleMs of idleTimes) {
      const [toolPort = 0, goPort = 0, ourPort = 0] = await Promise.all(Array.from({ length: 3 }, freePort))
      const tool = `http://127.0.0.1:${toolPort}`
      const command = [
        process.execPath,
        join(import.meta.dirname, 'tool.ts'),
        String(toolPort),
        String(idleMs),
      ] as const
      await keep(startProgram({ name: 'tool', command, port: toolPort }))
      await keep(startProgram({ name: 'Go', command: [goProxy, String(goPort), tool], port: goPort }))
      const ours = await startOurs({ dir, port: ourPort, tool, files: tool, name: `ours-${idleMs}` }, keep)
      const go = { name: 'Go', small: `http://127.0.0.1:${goPort}/`, headers: [] }
      const [own, peer] = await Promise.all([post(ours, idleMs, signal), post(go, idleMs, signal)])
      rows.push({ 'idle ms': idleMs, ours: share(own), Go: share(peer), other: own.other + peer.other })
    }
    console.table(rows)
  } finally {
    for (const part of started.reverse()) await part.end()
    await rm(dir, { recursive: true, force: true })
  }
}

async function post(
  contender: Pick<Contender, 'small' | 'headers'>,
  idleMs: number,
  signal: AbortSignal,
): Promise<Tally> {
  const tally: Tally = { answered: 0, failed: 0, other: 0 }
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let at = 0; at < tries && !signal.aborted; at++) {
      const status = await postOnce(contender, agent)
      if (status === 200) tally.answered++
      else if (status === 502) tally.failed++
      else tally.other++
      await new Promise(resolve => setTimeout(resolve, idleMs + (Math.random() * 2 - 1) * spreadMs))
    }
    agent.destroy()
  }
  await Promise.all(Array.from({ length: clients }, client))
  return tally
}

function postOnce({ small, headers }: Pick<Contender, 'small' | 'headers'>, agent: Agent): Promise<number> {
  const fields = Object.fromEntries(headers.map(header => header.split(': ', 2) as [string, string]))
  return new Promise((resolve, reject) => {
    const sent = request(
      small,
      { method: 'POST', agent, headers: { ...fields, 'Content-Length': 2 } },
      response => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0))
      },
    )
    sent.on('error', reject)
    sent.end('hi')
  })
}

function share({ answered, failed }: Tally): string {
  return `${failed} of ${answered + failed} (${((failed / (answered + failed)) * 100).toFixed(1)} %)`
}
