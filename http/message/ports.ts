// The ports between the data path and whoever decides what happens to a request.
import type { Socket } from 'node:net'
import type { ByteSequences } from './byte-sequences.ts'
import type { Failure } from './failure.ts'
import type { HeaderList } from './headers.ts'
import type { IncomingRequest } from './request.ts'
import type { ToolResponse } from './response.ts'

/** A local response. `Content-Length` and the hop-by-hop headers are written by the data path. */
export interface Answer {
  readonly kind: 'answer'
  readonly status: number
  /** The usual one of the status where there is none. */
  readonly reasonPhrase?: string | undefined
  readonly headers: HeaderList
  readonly body?: string | Uint8Array
}

/** Where a relay goes. */
export interface Origin {
  /** Upstream connections are shared where keys are equal: same destination, same trust, same caller. */
  readonly key: string
  /** Who is at the other end: what is learned of its connections is learned for all callers. */
  readonly host: string
  /**
   * Resolves with a socket that is connected and, for TLS, verified; its rejection is the `cause` of a `Failure`. It
   * bounds its own time, and ends when it is aborted.
   */
  dial(options: DialOptions): Promise<Socket>
}

export interface Relay {
  readonly kind: 'relay'
  readonly origin: Origin
  readonly target: string
  /** The `Host` header that the tool sees. */
  readonly host: string
  /** Start from `forwardableHeaders(request)`; framing, `Host` and hop-by-hop headers in it are ignored. */
  readonly headers: HeaderList
  /** Sees the trailers of the request; without it they pass unchanged. */
  rewriteRequestTrailers?(trailers: HeaderList): HeaderList
  /** Sees every response head but `100 Continue`; without it heads pass unchanged. */
  rewriteResponse?(response: ToolResponse): ResponseVerdict
  rewriteTrailers?(trailers: HeaderList): HeaderList
  /** Asked now and then while the exchange runs: why it must end, or undefined. */
  recheck?(): Promise<Failure | undefined>
  /** The connection has become a tunnel. */
  onUpgrade?(): void
  /** The client has ended its side: it waits for the answer, or it is gone. */
  onClientLeft?(): void
  onEnd?(record: ExchangeRecord): void
}

/** An answer in place of a relay. */
export interface AnswerDecision extends Answer {
  onEnd?(record: ExchangeRecord): void
}

/** A request whose body is read here, for an answer of ours. */
export interface ReadDecision {
  readonly kind: 'read'
  readonly limitBytes: number
  answer(body: Buffer): Answer | Promise<Answer>
  onEnd?(record: ExchangeRecord): void
}

export type Decision = AnswerDecision | ReadDecision | Relay

/** A response is passed on under these headers, read whole and rewritten, or dropped in favour of an answer. */
export type ResponseVerdict =
  | {
      readonly kind: 'pass'
      readonly headers: HeaderList
      /** The connection is cut, so that nobody takes what came for the whole, when one of these is in the body. */
      readonly forbidden?: Forbidden | undefined
    }
  | Collect
  | Answer

export interface Forbidden {
  readonly sequences: ByteSequences
  readonly failure: Failure
}

export interface Collect {
  readonly kind: 'collect'
  readonly limitBytes: number
  readonly memory: BodyMemory
  readonly rewrite: (body: Buffer) => Answer
}

/** Memory for one body that is read whole. */
export interface BodyMemory {
  /** Why there is none left for so many bytes more. */
  grow(bytes: number): Failure | undefined
  /** May be called again. */
  release(): void
  /** Set by the data path: called when the memory is taken away, after which it is released. */
  onRevoked: ((failure: Failure) => void) | undefined
}

export type Decide = (request: IncomingRequest, connection: ConnectionContext) => Decision | Promise<Decision>

/** What a decision may know of the connection that its request came on. The same object for all of its requests. */
export interface ConnectionContext {
  /** Address of the other end. */
  readonly peer: string
  /** From now on the connection counts as its owner's; false when the owner has too many that are busy. */
  claim(owner: ConnectionOwner): boolean
}

/** Whose budget a connection takes: each is counted by itself. */
export interface ConnectionOwner {
  readonly caller: string
  readonly account: string
  readonly tenant: string
}

export interface DialOptions {
  readonly signal: AbortSignal
}

export type Outcome =
  | 'complete'
  | 'answered'
  | 'client-aborted'
  | 'upstream-failed'
  | 'timeout'
  | 'tunnel-closed'
  | 'revoked'
  | 'server-closed'

/**
 * Exactly one per decided exchange, when its last byte was handed over. An `onEnd` that throws is an internal
 * failure: it goes to `formatFailure`, and an answer that has not begun becomes what that makes of it.
 */
export interface ExchangeRecord {
  /** What it came to: of the answer, or of the failure that cut it off; 499 when the client left. */
  readonly status: number
  readonly outcome: Outcome
  /** Why, when it was not the client's or the tool's own doing. */
  readonly failure: Failure | undefined
  /** Body bytes, without chunk framing. */
  readonly bytesIn: number
  readonly bytesOut: number
  readonly durationMs: number
}
