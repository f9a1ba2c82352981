// The programs of a run: started, waited for, and ended with it.
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'

export type Program = { readonly name: string; readonly pid: number; end(): Promise<void> }

export type ProgramOptions = {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** Where it will listen. */
  readonly port: number
  readonly env?: Readonly<Record<string, string>>
}

/** Resolves when it accepts connections. */
export async function startProgram({ name, command, port, env }: ProgramOptions): Promise<Program> {
  const [file, ...args] = command
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } })
  let told = ''
  child.stderr.on('data', chunk => {
    told = `${told}${chunk}`.slice(-2000)
  })
  const failed = new Promise<never>((_, reject) => {
    child.on('error', error => reject(new Error(`cannot start ${name} (${file}): ${error.message}`)))
    child.on('exit', code => reject(new Error(`${name} ended with ${code}: ${told}`)))
  })
  failed.catch(() => {})
  try {
    await Promise.race([failed, untilListening(port, { name, isOver: () => isOver(child) })])
  } catch (error) {
    await endOf(child)
    throw error
  }
  return { name, pid: child.pid ?? 0, end: () => endOf(child) }
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    if (isOver(child)) return resolve()
    child.on('exit', () => resolve())
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), 5000).unref()
  })
}

/** One that was not found was never there. */
function isOver({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null
}

async function untilListening(
  port: number,
  { name, isOver }: { readonly name: string; readonly isOver: () => boolean },
): Promise<void> {
  for (const deadline = performance.now() + 15_000; performance.now() < deadline && !isOver(); ) {
    const isUp = await new Promise<boolean>(resolve => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
    if (isUp) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`${name} does not listen on port ${port}`)
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

const ticksPerSecond = 100

/** User and system time of a process and its children so far, in seconds. */
export function cpuSeconds(pid: number): number {
  return familyOf(pid).reduce((sum, member) => sum + ticksOf(member), 0) / ticksPerSecond
}

/** The most that a process and its children held at any time, in MiB. */
export function peakMebibytes(pid: number): number {
  return familyOf(pid).reduce((sum, member) => {
    const status = readFileSync(`/proc/${member}/status`, 'utf8')
    return sum + Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
  }, 0)
}

function familyOf(pid: number): readonly number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap(task =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  )
  return [pid, ...children.flatMap(familyOf)]
}

function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}
