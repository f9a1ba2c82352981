// What an exchange needs of the connection that its request came on.
import type { Answer, ConnectionContext } from '../message/ports.ts'
import type { Transport } from '../socket/transport.ts'
import type { BodyScanner } from './parse/body-scanner.ts'

/** Where the bytes after the head go: kept, to the exchange, through the tunnel. */
export type BodyRoute = 'hold' | 'exchange' | 'tunnel'

export interface ExchangeClient {
  readonly transport: Transport
  readonly connection: ConnectionContext
  /** The body of the running request. */
  readonly body: BodyScanner
  /** More requests may follow on the connection. */
  readonly isReusable: boolean
  routeBody(route: BodyRoute): void
  /** Goes on after an asynchronous step, with what has arrived in between. */
  resumeProcessing(): void
  /** Whether whoever takes the request's bytes has room for more. */
  setCanRead(hasRoom: boolean): void
  /** Something of the exchange moved: it is not idle. */
  noteActivity(): void
  answer(answer: Answer, closes: boolean): void
  finished(closes: boolean): void
}
