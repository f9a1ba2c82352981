// Servers on loopback for the tests of what reaches out, each as long as its scope.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import type { Pem } from '../../pki/authority.ts'
import { systemClock } from '../../runtime/clock.ts'
import { parseCidrs } from '../../tool/dial/address-rules.ts'
import { createReach, type Reach } from '../../tool/dial/resolve.ts'

export async function withServer<T>(server: Server, use: (port: number) => Promise<T>): Promise<T> {
  const sockets = new Set<Socket>()
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await use((server.address() as AddressInfo).port)
  } finally {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
}

export function withHttp<T>(listener: RequestListener, use: (port: number) => Promise<T>): Promise<T> {
  return withServer(createServer(listener), use)
}

export function withHttps<T>(
  { certificate, key }: Pem,
  listener: RequestListener,
  use: (port: number) => Promise<T>,
): Promise<T> {
  return withServer(createTlsServer({ cert: certificate, key }, listener), use)
}

export function withTcp<T>(
  listener: (socket: Socket) => void,
  use: (port: number) => Promise<T>,
): Promise<T> {
  return withServer(createTcpServer(listener), use)
}

/** Keeps what it is asked, and answers 200. */
export function recorder(): { readonly requests: IncomingMessage[]; readonly listener: RequestListener } {
  const requests: IncomingMessage[] = []
  return {
    requests,
    listener(request, response) {
      requests.push(request)
      response.end('ok')
    },
  }
}

/** A port of loopback on which nothing listens. */
export function closedPort(): Promise<number> {
  return withTcp(
    () => {},
    async port => port,
  )
}

/** As in development: tools are on this machine. */
export const localReach: Reach = createReach(
  { allowLoopback: true, deny: parseCidrs([]), allow: parseCidrs([]), isOwn: () => false },
  { clock: systemClock },
)
