// Requests whose target goes out byte for byte, on connections that are kept.
import { type Agent, type IncomingMessage, request } from 'node:http'

export type Answer = {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type Question = {
  /** `address:port` */
  readonly host: string
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  /** False for a connection of its own. */
  readonly agent: Agent | false
}

/** Status 0 for a server that closes the connection instead of answering. */
export function ask(question: Question): Promise<Answer> {
  const { host, target, agent } = question
  const [hostname, port] = host.split(':')
  return new Promise(resolve => {
    const call = request({
      hostname,
      port,
      path: target,
      headers: { Host: host, ...question.headers },
      agent,
    })
    call.on('error', () => {
      // A kept connection may be closed at the moment of its use.
      if (call.reusedSocket) resolve(ask(question))
      else resolve({ status: 0, headers: {}, body: '' })
    })
    call.on('response', response => {
      const { statusCode: status = 0, headers } = response
      let body = ''
      // Puma says no length with some refusals, and closes the connection much later.
      const hasEnd = 'content-length' in headers || 'transfer-encoding' in headers
      if (status >= 400 && !hasEnd) response.destroy()
      response.setEncoding('latin1')
      response.on('data', chunk => {
        body += chunk
      })
      response.on('error', () => {})
      response.on('close', () => resolve({ status, headers, body }))
    })
    call.end()
  })
}
