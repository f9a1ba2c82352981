// Answers and failures of the API server as the closed vocabulary of errors.
import { ConnectorsError, type ErrorCode } from '../../connector/errors.ts'
import type { Status } from '../object/objects.ts'

/** A request that the API server refused, or that never reached it (`status` 0). */
export class KubeApiError extends ConnectorsError {
  readonly status: number
  /** How long the API server asked us to wait. */
  readonly retryAfterMs: number | undefined

  constructor(
    at: { readonly code: ErrorCode; readonly reason: string; readonly message: string },
    options: {
      readonly status: number
      readonly retryAfterMs?: number | undefined
      readonly cause?: unknown
    },
  ) {
    super(at.code, at.reason, at.message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'KubeApiError'
    this.status = options.status
    this.retryAfterMs = options.retryAfterMs
  }
}

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'UNSUPPORTED',
  406: 'UNSUPPORTED',
  408: 'TIMEOUT',
  409: 'CONFLICT',
  410: 'PRECONDITION',
  412: 'PRECONDITION',
  413: 'LIMIT',
  415: 'UNSUPPORTED',
  422: 'INVALID',
  429: 'LIMIT',
  504: 'TIMEOUT',
}

export interface Refusal {
  /** "get Secret "ns/name"": verb and object of the message. */
  readonly action: string
  readonly status: number
  readonly body: unknown
  readonly retryAfterMs?: number | undefined
  /** The server's words may quote what was sent: only field names are repeated. */
  readonly confidential: boolean
}

export function errorFromStatus({ action, status, body, retryAfterMs, confidential }: Refusal): KubeApiError {
  const said = isStatus(body) ? body : {}
  const code = codes[status] ?? (status >= 500 ? 'UNAVAILABLE' : 'INTERNAL')
  const reason = specialReason(status, said) ?? (word(said.reason) || defaultReason[code])
  const words = isNoPath(status, said)
    ? 'it serves no such kind'
    : confidential
      ? fieldsOf(said.details?.causes)
      : said.message
  const message = `Cannot ${action}: the API server answered ${status} ${reason}${typeof words === 'string' && words !== '' ? `: ${oneLine(words)}` : ''}`
  const askedMs = retryAfterMs ?? secondsToMs(said.details?.retryAfterSeconds)
  return new KubeApiError({ code, reason, message }, { status, retryAfterMs: askedMs })
}

const defaultReason: Readonly<Record<ErrorCode, string>> = {
  INVALID: 'Invalid',
  NOT_FOUND: 'NotFound',
  UNAUTHENTICATED: 'Unauthorized',
  FORBIDDEN: 'Forbidden',
  CONFLICT: 'Conflict',
  PRECONDITION: 'PreconditionFailed',
  UNSUPPORTED: 'Unsupported',
  LIMIT: 'TooManyRequests',
  TIMEOUT: 'Timeout',
  UNAVAILABLE: 'ServiceUnavailable',
  INTERNAL: 'UnexpectedAnswer',
}

export function unreachable(action: string, host: string, cause: unknown): KubeApiError {
  const failure = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'connection failed'
  const message = `Cannot ${action}: the API server at ${host} cannot be reached (${failure})`
  return new KubeApiError(
    { code: 'UNAVAILABLE', reason: 'ApiServerUnreachable', message },
    { status: 0, cause },
  )
}

export function timedOut(action: string, ms: number): KubeApiError {
  const message = `Cannot ${action}: the API server did not answer within ${Math.round(ms)} ms`
  return new KubeApiError({ code: 'TIMEOUT', reason: 'ApiServerTimeout', message }, { status: 0 })
}

export function unreadable(action: string, current: string): KubeApiError {
  const message = `Cannot ${action}: the API server's answer ${current}`
  return new KubeApiError({ code: 'UNAVAILABLE', reason: 'AnswerUnreadable', message }, { status: 0 })
}

export function tooLarge(action: string, maxBytes: number): KubeApiError {
  const message = `Cannot ${action}: the API server's answer is over ${maxBytes} bytes`
  return new KubeApiError({ code: 'LIMIT', reason: 'AnswerTooLarge', message }, { status: 0 })
}

/** The resource version is too old to go on from: list again. */
export function isExpired(error: unknown): boolean {
  return error instanceof KubeApiError && error.reason === 'Expired'
}

/** Nothing is made any more in a namespace that is being deleted: what it holds goes, and nothing is wrong. */
export function isNamespaceEnding(error: unknown): boolean {
  return error instanceof KubeApiError && error.reason === 'NamespaceTerminating'
}

export function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof ConnectorsError && error.code === code
}

/**
 * The API server could not be asked (connection, 5xx, time-out), as opposed to: it was asked and said no. Not 429:
 * a caller could bring that about.
 */
export function isUnanswered(error: unknown): boolean {
  return error instanceof KubeApiError && (error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT')
}

function isStatus(body: unknown): body is Status {
  return typeof body === 'object' && body !== null && (body as Status).kind === 'Status'
}

/** An object that is missing is named in the answer. A kind that is not served gets this, or a text that is no Status. */
function isNoPath(status: number, { kind, message }: Partial<Status>): boolean {
  return status === 404 && (!kind || message === 'the server could not find the requested resource')
}

function specialReason(status: number, { details }: Partial<Status>): string | undefined {
  if (status === 410) return 'Expired'
  const causes: unknown = details?.causes
  const isEnding = Array.isArray(causes) && causes.some(cause => cause?.reason === 'NamespaceTerminating')
  return isEnding ? 'NamespaceTerminating' : undefined
}

function fieldsOf(causes: unknown): string {
  if (!Array.isArray(causes)) return ''
  return causes
    .map(cause => cause?.field)
    .filter(field => typeof field === 'string')
    .join(', ')
}

function word(reason: unknown): string {
  return typeof reason === 'string' && /^[A-Za-z]{1,64}$/.test(reason) ? reason : ''
}

function oneLine(words: string): string {
  const clean = words.replace(/[\u0000-\u0020\u007f-\u009f\u2028\u2029]+/g, ' ').trim()
  return clean.length > 512 ? `${clean.slice(0, 512)}...` : clean
}

function secondsToMs(seconds: unknown): number | undefined {
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined
}
