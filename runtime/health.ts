// The side door for kubelet and Prometheus: /healthz, /readyz, /metrics.
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { ConnectorsError } from '../connector/errors.ts'
import { formatAddress } from './flags.ts'

/** Undefined when all is well, otherwise what is not, in a few words for people. */
export type ReadinessCheck = () => string | undefined

export interface HealthOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly checks: Readonly<Record<string, ReadinessCheck>>
  readonly metrics?: { readonly contentType: string; text(): Promise<string> }
  /** Not ready from the moment it is aborted, so that no new work is sent to a process that ends. */
  readonly stopping?: AbortSignal
}

export interface HealthServer {
  /** Base URL. */
  readonly url: string
  close(): Promise<void>
}

export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const server = http.createServer({ headersTimeout: 5000, requestTimeout: 5000 }, (request, response) => {
    answer(request, options).then(
      ({ status, type = 'text/plain; charset=utf-8', body }) => {
        response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
        response.end(request.method === 'HEAD' ? undefined : body)
      },
      () => response.writeHead(500).end(),
    )
  })
  limitConnections(server)
  server.listen(options.port, options.host)
  try {
    await once(server, 'listening')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'failed'
    const message = `Cannot listen on "${formatAddress(options)}" for health checks: ${code}`
    throw new ConnectorsError('UNAVAILABLE', 'AddressUnavailable', message, { cause: error })
  }
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${formatAddress({ host: options.host || '::', port })}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

const maxConnections = 64

/** The oldest makes room: whoever holds connections and says nothing must not keep kubelet out, which would end the process. */
function limitConnections(server: http.Server): void {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    const [oldest] = open
    if (open.size > maxConnections) oldest?.destroy()
  })
}

interface HealthAnswer {
  readonly status: number
  readonly type?: string
  readonly body: string
}

async function answer(request: http.IncomingMessage, options: HealthOptions): Promise<HealthAnswer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, body: 'GET only\n' }
  const path = (request.url ?? '').split('?', 1)[0]
  if (path === '/healthz') return { status: 200, body: 'ok\n' }
  if (path === '/readyz') return readiness(options)
  if (path === '/metrics' && options.metrics !== undefined) {
    return { status: 200, type: options.metrics.contentType, body: await options.metrics.text() }
  }
  return { status: 404, body: 'not found\n' }
}

function readiness({ checks, stopping }: HealthOptions): HealthAnswer {
  const problems = Object.entries(checks).flatMap(([name, check]) => {
    const problem = check()
    return problem === undefined ? [] : [`${name}: ${problem}`]
  })
  if (stopping?.aborted) problems.unshift('stopping')
  return problems.length === 0
    ? { status: 200, body: 'ok\n' }
    : { status: 503, body: `${problems.join('\n')}\n` }
}
