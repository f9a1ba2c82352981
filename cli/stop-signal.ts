// Ctrl-C, SIGTERM or a closed terminal, for a command that has to clean up before it ends.
import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'

export type StopSignal = {
  /** Aborted by the first of them. */
  readonly signal: AbortSignal
  /** What the shell expects of a command that a signal ended; 0 before one came. */
  status(): number
  /** From now on signals go on to the child, which decides. */
  passTo(child: ChildProcess): void
  dispose(): void
}

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export function listenForStop(): StopSignal {
  const stop = new AbortController()
  let status = 0
  let child: ChildProcess | undefined
  const onSignal = (name: NodeJS.Signals) => {
    status ||= 128 + constants.signals[name]
    child?.kill(name)
    stop.abort()
  }
  for (const name of names) process.on(name, onSignal)
  return {
    signal: stop.signal,
    status: () => status,
    passTo(started) {
      child = started
    },
    dispose() {
      for (const name of names) process.off(name, onSignal)
    },
  }
}
