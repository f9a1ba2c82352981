// The head of a tool's answer as verdicts see it, whatever version of HTTP it came by.
import type { HeaderList } from './headers.ts'

export interface ToolResponse {
  readonly status: number
  readonly reasonPhrase: string
  /** Without those that end at this hop because the tool says so. */
  readonly headers: HeaderList
  /** Bytes of the body that follows; undefined where only its end tells. */
  readonly contentLength: number | undefined
}
