// The ports between the data path and whoever decides what happens to a request.
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Failure } from './failure.ts'
import type { HeaderList } from './headers.ts'
import type { RequestHead } from './request-head.ts'
import type { ResponseHead } from './response-head.ts'

export interface Peer {
  readonly remoteAddress: string
  readonly remotePort: number
}

/** A local response. `Content-Length` and the hop-by-hop headers are written by the data path. */
export interface Answer {
  readonly kind: 'answer'
  readonly status: number
  readonly headers: HeaderList
  readonly body?: string | Uint8Array
  readonly onEnd?: (record: ExchangeRecord) => void
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
  /** Start from `forwardableHeaders(head, 'drop')`; framing, `Host` and hop-by-hop headers in it are ignored. */
  readonly headers: HeaderList
  /** Sent in place of the client's body, which is then read and dropped. */
  readonly body?: Uint8Array
  /** Lets the request's `Upgrade` through; after a 101 the connection is a tunnel. */
  readonly upgrade?: boolean
  /** Sees every response head but `100 Continue`; without it heads pass unchanged. */
  readonly rewriteResponse?: (head: ResponseHead) => ResponseVerdict<O> | Promise<ResponseVerdict<O>>
  readonly rewriteTrailers?: (trailers: HeaderList) => HeaderList
  readonly onEnd?: (record: ExchangeRecord) => void
}

/** Reads the whole request body first, then asks again. A longer body is answered with 413. */
export interface Collect<O extends Origin> {
  readonly kind: 'collect'
  readonly limitBytes: number
  readonly decide: (body: Buffer) => Decision<O> | Promise<Decision<O>>
}

/**
 * Hands the connection over, after `status` and `headers` were written without a body (a CONNECT door).
 * Bytes that came after the head are put back into `socket`.
 */
export interface Takeover {
  readonly kind: 'takeover'
  readonly status: number
  readonly headers: HeaderList
  readonly take: (socket: Socket | Duplex) => void
}

export type Decision<O extends Origin> = Answer | Relay<O> | Collect<O> | Takeover

/**
 * What becomes of a response: passed on under these headers, read whole and rewritten, or dropped in favour
 * of an answer or of another relay (only if no byte of a client's body was sent).
 */
export type ResponseVerdict<O extends Origin> =
  | { readonly kind: 'pass'; readonly headers: HeaderList }
  | {
      readonly kind: 'collect'
      readonly limitBytes: number
      readonly rewrite: (body: Buffer) => Answer | Promise<Answer>
    }
  | Answer
  | Relay<O>

export type Decide<O extends Origin> = (head: RequestHead, peer: Peer) => Decision<O> | Promise<Decision<O>>

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

/** Exactly one per exchange, when its last byte was handed over; it goes to the `onEnd` that was given last. */
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
  /** From the request's head sent until the tool's response head; 0 without one. */
  readonly upstreamMs: number
  readonly reusedUpstream: boolean
}

export interface Clock {
  readonly monotonicMs: () => number
}
