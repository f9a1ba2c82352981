// The end of a process: the first signal asks, the second insists.
import type { EventEmitter } from 'node:events'

export interface ShutdownOptions {
  /** `process`, or what plays it. */
  readonly source: Pick<EventEmitter, 'on' | 'off'>
  /** Called at the second signal, with the exit code that a signalled process has. */
  readonly exit: (code: number) => void
}

export interface Shutdown {
  /** Aborted by the first SIGTERM, SIGINT or SIGHUP. */
  readonly signal: AbortSignal
  /** Stops listening for signals. */
  dispose(): void
}

const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

export function listenForShutdown({ source, exit }: ShutdownOptions): Shutdown {
  const stop = new AbortController()
  const onSignal = (signal: keyof typeof exitCodes) => {
    if (stop.signal.aborted) exit(exitCodes[signal])
    else stop.abort(new Error(`${signal} was received`))
  }
  for (const name of Object.keys(exitCodes)) source.on(name, onSignal)
  return {
    signal: stop.signal,
    dispose() {
      for (const name of Object.keys(exitCodes)) source.off(name, onSignal)
    },
  }
}

/** Resolves when the signal is aborted; at once where it is already. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}
