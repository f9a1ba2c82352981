// A small HTTPS server that plays the API server: each test says what it answers.
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { Sensitive } from '../../connector/sensitive.ts'
import { createKubeClient, type KubeClient, type KubeClientOptions } from '../../kube/client/client.ts'
import type { KubeConfig } from '../../kube/config/config.ts'
import { tokenCredentials } from '../../kube/config/credentials.ts'
import { systemClock } from '../../runtime/clock.ts'
import { selfSigned } from './certificate.ts'

export interface Received {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

export type Answering = (request: Received, response: ServerResponse) => void | Promise<void>

export interface ApiServer {
  readonly url: string
  readonly ca: string
  readonly config: KubeConfig
  readonly client: KubeClient
  readonly received: readonly Received[]
}

export async function withApiServer<T>(
  answer: Answering,
  use: (server: ApiServer) => Promise<T>,
  options: Partial<KubeClientOptions> = {},
): Promise<T> {
  const { cert, key } = selfSigned()
  const received: Received[] = []
  const server = https.createServer({ cert, key }, async (incoming, response) => {
    const url = new URL(incoming.url ?? '/', 'https://server')
    const text = await readAll(incoming).catch(() => '')
    const request: Received = {
      method: incoming.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body: text === '' ? undefined : JSON.parse(text),
    }
    received.push(request)
    await answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const config: KubeConfig = {
    server: new URL(url),
    ca: cert,
    credentials: tokenCredentials(new Sensitive('the-token')),
    namespace: 'default',
  }
  const client = createKubeClient({ config, userAgent: 'test/1', clock: systemClock, ...options })
  try {
    return await use({ url, ca: cert, config, client, received })
  } finally {
    client.close()
    server.closeAllConnections()
    await new Promise(done => server.close(done))
  }
}

export function reply(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

export function refuse(
  response: ServerResponse,
  status: number,
  { reason = '', message = '', headers = {} } = {},
): void {
  reply(
    response,
    status,
    { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, reason, message },
    headers,
  )
}

export function configMap(name: string, resourceVersion: number, extra: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'team', uid: `uid-${name}`, resourceVersion: String(resourceVersion) },
    ...extra,
  }
}

async function readAll(incoming: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of incoming.setEncoding('utf8')) text += chunk
  return text
}
