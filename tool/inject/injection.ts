// What a request gets in the credential's place, and how that is recognised in what the tool answers.
// Spec: proxy.md, "Injection" and "What comes back".
import type { ByteSequences } from '../../http/message/byte-sequences.ts'
import type { HeaderList } from '../../http/message/headers.ts'
import type { IncomingRequest } from '../../http/message/request.ts'
import type { MaybePromise } from '../../runtime/and-then.ts'
import type { Traces } from '../answer/traces.ts'

export type Injection = {
  /** None for a Connector without a credential. */
  readonly headers: HeaderList
  readonly traces: Traces
  /** What is looked for in the bodies of answers; undefined where there is nothing, or the class says no. */
  readonly sequences: ByteSequences | undefined
  /** The same for what the LFS API may have answered. */
  readonly lfsSequences: ByteSequences | undefined
}

/** Asked for each request; at once where the credential is in memory. */
export type Injector = (request: IncomingRequest) => MaybePromise<Injection>
