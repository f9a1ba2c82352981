// A tool on loopback: `/` is open, everything under `/secure` wants the password of Basic authentication.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Seen = {
  readonly path: string
  readonly headers: IncomingMessage['headers']
}

export type Tool = {
  readonly url: string
  readonly port: number
  readonly requests: Seen[]
  password: string
  /** Answers instead of the tool where it is set. */
  answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  stop(): Promise<void>
  /** On the port of before. */
  start(): Promise<void>
}

export async function withTool<T>(use: (tool: Tool) => Promise<T>): Promise<T> {
  const requests: Seen[] = []
  let port = 0
  let server = createServer(handle)

  function handle(request: IncomingMessage, response: ServerResponse): void {
    requests.push({ path: request.url ?? '', headers: request.headers })
    if (tool.answer !== undefined) {
      tool.answer(request, response)
      return
    }
    const expected = `Basic ${Buffer.from(`robot:${tool.password}`).toString('base64')}`
    const isOpen = !request.url?.startsWith('/secure')
    response.writeHead(isOpen || request.headers.authorization === expected ? 200 : 401).end('hello')
  }

  async function start(): Promise<void> {
    server = createServer(handle)
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }

  async function stop(): Promise<void> {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  const tool: Tool = {
    get url() {
      return `http://127.0.0.1:${port}`
    },
    get port() {
      return port
    },
    requests,
    password: 's3cret-canary-0815',
    answer: undefined,
    start,
    stop,
  }
  await start()
  try {
    return await use(tool)
  } finally {
    await stop()
  }
}
