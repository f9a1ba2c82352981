// Informational answers: 100 Continue to whom it was promised, hints such as 103 to whom understands them.
import type { HeaderList } from '../../message/headers.ts'
import type { Relay } from '../../message/ports.ts'
import type { ToolResponse } from '../../message/response.ts'
import type { Transport } from '../../socket/transport.ts'
import type { RequestHead } from '../parse/request-head.ts'
import { writeResponseHead } from './head-writer.ts'

export interface Hint {
  readonly request: RequestHead
  readonly response: ToolResponse
  readonly relay: Relay
}

export const passHint = (client: Transport, hint: Hint): void => {
  const { request, response } = hint
  if (request.minorVersion === 0) return
  if (response.status === 100) {
    if (request.expectsContinue) sendContinue(client)
    return
  }
  const headers = rewritten(hint)
  if (headers === undefined) return
  const { status, reasonPhrase } = response
  writeResponseHead(client, { status, reasonPhrase, headers, bodyLength: undefined, closes: false })
}

export const sendContinue = (client: Transport): void => client.sendText('HTTP/1.1 100 Continue\r\n\r\n')

/** A hint is passed on or dropped: there is nothing to put in its place. */
const rewritten = ({ response, relay }: Hint): HeaderList | undefined => {
  const verdict = relay.rewriteResponse?.(response)
  if (verdict === undefined) return response.headers
  return verdict.kind === 'pass' ? verdict.headers : undefined
}
