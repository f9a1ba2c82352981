// Servers that record each credential that arrives: one passes all bytes on, one takes any.
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Pem } from '../../../pki/authority.ts'

const basicChallenge = 'Basic realm="connectors"'

export type Credential = {
  /** Undefined of a Bearer token. */
  readonly user: string | undefined
  readonly token: string
}

export type Recorder = {
  /** `address:port` */
  readonly host: string
  /** Those since it was last asked, one for each request that had one. */
  take(): readonly Credential[]
}

/** In front of another server, which gets and answers each byte; over TLS for its clients when it has a certificate. */
export async function withRelay(
  target: { readonly host: string; readonly pem?: Pem },
  use: (recorder: Recorder) => Promise<void>,
): Promise<void> {
  const [hostname = '', port] = target.host.split(':')
  const connections: Buffer[][] = []
  const relay = (client: Socket) => {
    const received: Buffer[] = []
    connections.push(received)
    const server = connect({ host: hostname, port: Number(port) })
    const end = () => {
      client.destroy()
      server.destroy()
    }
    client.on('data', bytes => received.push(bytes)).on('error', end)
    server.on('error', end)
    client.pipe(server).pipe(client)
  }
  const { pem } = target
  const server =
    pem === undefined ? createServer(relay) : createTlsServer({ key: pem.key, cert: pem.certificate }, relay)
  const take = () => {
    const text = connections.map(received => Buffer.concat(received.splice(0)).toString('latin1')).join('')
    return [...text.matchAll(/^Authorization: (.*)\r$/gim)].map(([, value = '']) => parseCredential(value))
  }
  await listen(server, host => use({ host, take }))
}

/** A registry, or for requests with a whole URL a proxy; asks for a credential, and takes any. */
export async function withChallenger(use: (recorder: Recorder) => Promise<void>): Promise<void> {
  const credentials: Credential[] = []
  const server = createHttpServer({ maxHeaderSize: 64 * 1024 }, ({ url = '', headers }, response) => {
    const isProxied = !url.startsWith('/')
    const authorization = headers[isProxied ? 'proxy-authorization' : 'authorization']
    if (authorization !== undefined) credentials.push(parseCredential(authorization))
    const challenge = `${isProxied ? 'Proxy' : 'WWW'}-Authenticate`
    const status = authorization !== undefined ? 200 : isProxied ? 407 : 401
    response.writeHead(status, { [challenge]: basicChallenge, 'Content-Length': '0' }).end()
  })
  // No tunnel is opened: by then the credential has arrived.
  server.on('connect', ({ headers }, socket) => {
    const authorization = headers['proxy-authorization']
    if (authorization !== undefined) credentials.push(parseCredential(authorization))
    const status = authorization === undefined ? '407 Proxy Authentication Required' : '502 Bad Gateway'
    const fields = `Proxy-Authenticate: ${basicChallenge}\r\nContent-Length: 0\r\nConnection: close`
    socket.end(`HTTP/1.1 ${status}\r\n${fields}\r\n\r\n`)
  })
  await listen(server, host => use({ host, take: () => credentials.splice(0) }))
}

async function listen(server: Server, use: (host: string) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>()
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await use(`127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}

function parseCredential(authorization: string): Credential {
  const [scheme, value = ''] = authorization.split(' ')
  if (scheme === 'Bearer') return { user: undefined, token: value }
  const pair = Buffer.from(value, 'base64').toString('latin1')
  const colon = pair.indexOf(':')
  return { user: pair.slice(0, colon), token: pair.slice(colon + 1) }
}
