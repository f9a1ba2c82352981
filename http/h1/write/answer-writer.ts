// A local answer on the wire.
import type { Answer } from '../../message/ports.ts'
import type { Transport } from '../../socket/transport.ts'
import { writeResponseHead } from './head-writer.ts'

export interface AnswerFraming {
  readonly closes: boolean
  /** The answer to HEAD announces a body and has none. */
  readonly isHead: boolean
}

export const lengthOfBody = (answer: Answer): number =>
  typeof answer.body === 'string' ? Buffer.byteLength(answer.body) : (answer.body?.length ?? 0)

export const writeAnswer = (
  transport: Transport,
  answer: Answer,
  { closes, isHead }: AnswerFraming,
): void => {
  const { status, reasonPhrase, headers, body } = answer
  const hasNoBody = status < 200 || status === 204 || status === 304
  const bodyLength = hasNoBody ? undefined : lengthOfBody(answer)
  try {
    writeResponseHead(transport, { status, reasonPhrase, headers, bodyLength, closes })
  } catch {
    // A header of the answer cannot be sent: what is left to say is that it failed.
    const empty = { status: 500, reasonPhrase: undefined, headers: [], bodyLength: 0, closes }
    writeResponseHead(transport, empty)
    return
  }
  if (body === undefined || hasNoBody || isHead) return
  const bytes =
    typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.length)
  transport.send(bytes, 0, bytes.length, undefined)
}
