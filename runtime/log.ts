// JSON lines: a constant message with variable fields, so that a search for the message finds every case.
import { ConnectorsError } from '../connector/errors.ts'
import type { Clock } from './clock.ts'

export type LogFields = Readonly<Record<string, unknown>>

export interface Log {
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

export type LogLevel = keyof Log

export interface LogOptions {
  /** The process that speaks: `connectors-proxy`. */
  readonly component: string
  readonly level: LogLevel
  readonly clock: Pick<Clock, 'now'>
  /** Takes one whole line, its newline included. */
  readonly write: (line: string) => void
}

export const logLevels = ['info', 'warn', 'error'] as const

const maxLine = 16 * 1024

export function createLog({ component, level, clock, write }: LogOptions): Log {
  const at =
    (own: LogLevel): Log[LogLevel] =>
    (message, fields) => {
      if (logLevels.indexOf(own) < logLevels.indexOf(level)) return
      const head = { time: new Date(clock.now()).toISOString(), level: own, component, message }
      // Twice: first for the order of the line, last so that no field takes its place.
      let line = toJson({ ...head, ...fields, ...head }, head)
      if (line.length > maxLine)
        line = toJson({ ...head, omitted: `fields of ${line.length} characters` }, head)
      write(`${line}\n`)
    }
  return { info: at('info'), warn: at('warn'), error: at('error') }
}

function toJson(fields: object, fallback: object): string {
  try {
    return JSON.stringify(fields, printable)
  } catch {
    // A cycle: the fields are lost, the line is not.
    return JSON.stringify({ ...fallback, omitted: 'fields that are not JSON' })
  }
}

function printable(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Error ? errorFields(value) : value
}

/** A failure that its reader can act on needs no stack; a bug is nothing without one. */
function errorFields(error: Error): LogFields {
  const cause = error.cause instanceof Error ? { cause: error.cause.message } : {}
  if (error instanceof ConnectorsError) {
    return { code: error.code, reason: error.reason, message: error.message, ...cause }
  }
  return { name: error.name, message: error.message, stack: error.stack, ...cause }
}
