// The ports between the data path and whoever decides what happens to a request.
import type { Socket } from 'node:net'
import type { Failure } from './failure.ts'
import type { HeaderList } from './headers.ts'
import type { RequestHead } from './request-head.ts'
import type { ResponseHead } from './response-head.ts'

/** A local response. `Content-Length` and the hop-by-hop headers are written by the data path. */
export interface Answer {
  readonly kind: 'answer'
  readonly status: number
  readonly headers: HeaderList
  readonly body?: string | Uint8Array
}

/** Where upstream connections may be shared: equal keys, equal destination, trust and owner. */
export interface Origin {
  readonly key: string
}

export interface Relay<O extends Origin> {
  readonly kind: 'relay'
  readonly origin: O
  readonly target: string
  /** The `Host` header that the tool sees. */
  readonly host: string
  /** Start from `forwardableHeaders(head)`; framing, `Host` and hop-by-hop headers in it are ignored. */
  readonly headers: HeaderList
  /** Lets the request's `Upgrade` through; after a 101 the connection is a tunnel. */
  readonly upgrade?: boolean
  /** Sees every response head but `100 Continue`; without it heads pass unchanged. */
  readonly rewriteResponse?: (head: ResponseHead) => ResponseVerdict
  readonly rewriteTrailers?: (trailers: HeaderList) => HeaderList
  readonly onEnd?: (record: ExchangeRecord) => void
}

/** An answer in place of a relay. */
export interface AnswerDecision extends Answer {
  readonly onEnd?: (record: ExchangeRecord) => void
}

export type Decision<O extends Origin> = AnswerDecision | Relay<O>

/** A response is passed on under these headers, read whole and rewritten, or dropped in favour of an answer. */
export type ResponseVerdict =
  | { readonly kind: 'pass'; readonly headers: HeaderList }
  | { readonly kind: 'collect'; readonly limitBytes: number; readonly rewrite: (body: Buffer) => Answer }
  | Answer

export type Decide<O extends Origin> = (head: RequestHead) => Decision<O> | Promise<Decision<O>>

export interface DialOptions {
  readonly signal: AbortSignal
}

/** Resolves with a socket that is connected and, for TLS, verified; its rejection is the `cause` of a `Failure`. */
export type Dial<O extends Origin> = (origin: O, options: DialOptions) => Promise<Socket>

export type Outcome =
  | 'complete'
  | 'answered'
  | 'client-aborted'
  | 'upstream-failed'
  | 'timeout'
  | 'tunnel-closed'
  | 'server-closed'

/**
 * Exactly one per decided exchange, when its last byte was handed over. An `onEnd` that throws is an internal
 * failure: it goes to `formatFailure`, and an answer that has not begun becomes what that makes of it.
 */
export interface ExchangeRecord {
  /** 0 when nothing was answered. */
  readonly status: number
  readonly outcome: Outcome
  /** Why, when it was not the client's or the tool's own doing. */
  readonly failure: Failure | undefined
  /** Body bytes, without chunk framing. */
  readonly bytesIn: number
  readonly bytesOut: number
  readonly durationMs: number
}
