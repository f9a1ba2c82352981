// The real proxy over the embedded control plane, with a tool that records every byte: a scope with total defaults.
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Connector, ConnectorSpec } from '../../connector/connector.ts'
import { createKubeClient, type KubeClient } from '../../kube/client/client.ts'
import { loadKubeConfig } from '../../kube/config/config.ts'
import * as kinds from '../../kube/object/resources.ts'
import { parseProxyConfig } from '../../proxy/config.ts'
import { startProxy } from '../../proxy/main.ts'
import { systemClock } from '../../runtime/clock.ts'
import { createLog } from '../../runtime/log.ts'
import { type ControlPlane, startControlPlane } from '../../standalone/main.ts'
import type { RequestRecord } from '../../standalone/server.ts'
import { waitFor } from './poll.ts'
import { withTempDir } from './temp-dir.ts'

export interface ToolRequest {
  /** `POST /a HTTP/1.1` */
  readonly line: string
  readonly target: string
  /** Lower-case name, value. */
  readonly headers: readonly (readonly [string, string])[]
  readonly head: string
  readonly body: string
  /** Number of the connection, from 0. */
  readonly connection: number
}

export type ToolAnswer = (request: ToolRequest, socket: Socket) => string | undefined

export interface Tool {
  /** `127.0.0.1:port` */
  readonly host: string
  readonly requests: ToolRequest[]
  /** Every byte, of all connections. */
  readonly received: () => string
  answer: ToolAnswer
  close(): Promise<void>
}

export interface Reply {
  readonly status: number
  readonly head: string
  readonly body: string
  readonly raw: string
  header(name: string): string | undefined
}

export interface BootOptions {
  readonly answer?: ToolAnswer
  readonly argv?: readonly string[]
  /** Of the Connector `app`. */
  readonly address?: (toolHost: string) => string
}

export interface BootedProxy {
  readonly tool: Tool
  readonly client: KubeClient
  readonly plane: ControlPlane
  /** What the API server was asked. */
  readonly asked: readonly RequestRecord[]
  /** `host:port` of the proxy. */
  readonly host: string
  /** A token of ServiceAccount team/ci. */
  readonly token: string
  readonly logs: string[]
  readonly audits: string[]
  advance(ms: number): void
  tokenOf(namespace: string, name: string, spec?: Readonly<Record<string, unknown>>): Promise<string>
  metrics(): Promise<string>
  /** Sends the bytes, ends the sending side, and reads until the proxy closes. */
  send(raw: string): Promise<Reply>
  /** A request of team/ci to the host form of Connector `app`. */
  get(path: string, options?: GetOptions): Promise<Reply>
  /** The same of a client that keeps its side of the connection open until it has its answer. */
  keep(path: string, options?: GetOptions): Promise<Reply>
  /** Adds a Connector with an address at the proxy. */
  addConnector(name: string, spec: ConnectorSpec): Promise<Connector>
  /** Begins to stop; resolves when it has ended. */
  stop(): Promise<void>
}

export interface GetOptions {
  readonly method?: string
  readonly host?: string
  /** null for none. */
  readonly token?: string | null
  readonly headers?: readonly string[]
  readonly body?: string
}

export const canaryPassword = 'canary-Pa55w0rd+/~"quoted"'
export const canaryToken = 'canary-bearer-0123456789abcdef'
export const basicOf = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

const okAnswer: ToolAnswer = () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

export async function bootProxy(
  use: (proxy: BootedProxy) => Promise<void>,
  options: BootOptions = {},
): Promise<void> {
  const asked: RequestRecord[] = []
  let offsetMs = 0
  const clock = {
    now: () => systemClock.now() + offsetMs,
    monotonicMs: () => systemClock.monotonicMs() + offsetMs,
    sleep: (ms: number, given: { readonly signal?: AbortSignal }) =>
      systemClock.sleep(Math.min(ms, 50), given),
  }
  const tool = await startTool(options.answer ?? okAnswer)
  const plane = await startControlPlane({ clock, onRequest: record => asked.push(record) })
  const end = new AbortController()
  try {
    await withTempDir(async dir => {
      await writeFile(`${dir}/config`, plane.kubeconfig)
      const config = await loadKubeConfig({ kubeconfig: `${dir}/config`, clock })
      const client = createKubeClient({ config, userAgent: 'test/1', clock })
      const addConnector = (name: string, spec: ConnectorSpec) => createConnector(client, name, spec)
      await createCluster(client)
      await addConnector('app', {
        connectorClassName: 'tool',
        address: options.address?.(tool.host) ?? `http://${tool.host}`,
        auth: { name: 'basic', secretRef: { name: 'app' } },
      })
      const logs: string[] = []
      const audits: string[] = []
      const proxyConfig = parseProxyConfig({
        argv: [
          '--listen=127.0.0.1:0',
          '--metrics-address=127.0.0.1:0',
          '--drain-timeout=2s',
          '--allow-loopback',
          ...(options.argv ?? []),
        ],
        env: {},
      })
      const running = await startProxy(proxyConfig, {
        client,
        clock,
        log: createLog({ component: 'proxy', level: 'info', clock, write: line => logs.push(line) }),
        audit: line => audits.push(line),
        signal: end.signal,
      })
      const tokenOf: BootedProxy['tokenOf'] = async (namespace, name, spec = {}) => {
        const full = { audiences: ['connectors'], expirationSeconds: 3600, ...spec }
        return (await client.createToken({ namespace, name }, { spec: full })).token.reveal()
      }
      const token = await tokenOf('team', 'ci')
      const { host } = new URL(running.url)
      const send = (raw: string) => exchangeRaw(host, raw)
      await waitFor(async () => (await fetch(`${running.metricsUrl}/readyz`)).status === 200)
      asked.length = 0
      try {
        await use({
          tool,
          client,
          plane,
          asked,
          host,
          token,
          logs,
          audits,
          advance: ms => {
            offsetMs += ms
          },
          tokenOf,
          metrics: async () => (await fetch(`${running.metricsUrl}/metrics`)).text(),
          send,
          get: (path, given = {}) => send(requestText(path, { token, ...given })),
          keep: (path, given = {}) =>
            exchangeRaw(host, requestText(path, { token, ...given }), { keeps: true }),
          addConnector,
          stop: async () => {
            end.abort()
            await running.ended
          },
        })
      } finally {
        end.abort()
        await running.ended
        client.close()
      }
    })
  } finally {
    await tool.close()
    await plane.close()
  }
}

export function requestText(path: string, options: GetOptions = {}): string {
  const { method = 'GET', host = 'c-app.team.svc', token = null, headers = [], body } = options
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`]
  if (token !== null) lines.push(`Authorization: Bearer ${token}`)
  if (body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(body)}`)
  return `${[...lines, ...headers].join('\r\n')}\r\n\r\n${body ?? ''}`
}

async function createConnector(client: KubeClient, name: string, spec: ConnectorSpec): Promise<Connector> {
  const metadata = { name, namespace: 'team' }
  await client.create(kinds.connectors, { metadata, spec })
  const status = { proxy: { httpAddress: { url: `http://c-${name}.team.svc` } } }
  return client.patchStatus(kinds.connectors, metadata, { patch: { status } })
}

async function createCluster(client: KubeClient): Promise<void> {
  for (const name of ['team', 'other']) await client.create(kinds.namespaces, { metadata: { name } })
  for (const [namespace, name] of [
    ['team', 'ci'],
    ['team', 'lister'],
    ['other', 'ci'],
  ] as const) {
    await client.create(kinds.serviceAccounts, { metadata: { namespace, name } })
  }
  await grant(client, 'users', ['ci', 'lister'], {
    verbs: ['get'],
    resources: ['connectors', 'connectors/proxy'],
  })
  await grant(client, 'listers', ['lister'], { verbs: ['list'], resources: ['connectors'] })
  await client.create(kinds.secrets, {
    metadata: { namespace: 'team', name: 'app' },
    type: 'kubernetes.io/basic-auth',
    data: { username: base64('robot'), password: base64(canaryPassword) },
  })
  await client.create(kinds.secrets, {
    metadata: { namespace: 'team', name: 'bearer' },
    type: 'connectors.cpaas.io/bearer-token',
    data: { token: base64(canaryToken) },
  })
  await client.create(kinds.connectorClasses, {
    metadata: { name: 'tool' },
    spec: {
      auth: {
        types: [
          { name: 'basic', secretType: 'kubernetes.io/basic-auth', optional: true },
          { name: 'bearer', secretType: 'connectors.cpaas.io/bearer-token', optional: true },
          {
            name: 'made',
            secretType: 'Opaque',
            params: [{ name: 'k' }],
            optional: true,
            generator: { cel: '{}' },
          },
        ],
      },
      proxy: { ref: { kind: 'Service', name: 'proxy', namespace: 'connectors-system' } },
    },
  })
}

async function grant(
  client: KubeClient,
  name: string,
  accounts: readonly string[],
  rule: { readonly verbs: readonly string[]; readonly resources: readonly string[] },
): Promise<void> {
  const metadata = { namespace: 'team', name }
  await client.create(kinds.roles, { metadata, rules: [{ apiGroups: ['connectors.alauda.io'], ...rule }] })
  await client.create(kinds.roleBindings, {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: accounts.map(account => ({ kind: 'ServiceAccount', namespace: 'team', name: account })),
  })
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** Reads requests with a Content-Length or none; what else comes is a body without an end. */
export async function startTool(answer: ToolAnswer): Promise<Tool> {
  const requests: ToolRequest[] = []
  const bytes: string[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const tool = { answer }
  const server = createServer(socket => {
    const connection = connections++
    let unread = ''
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      bytes.push(chunk.toString('latin1'))
      unread += chunk.toString('latin1')
      for (;;) {
        const read = readRequest(unread, connection)
        if (read === undefined) return
        unread = unread.slice(read.length)
        requests.push(read.request)
        const text = tool.answer(read.request, socket)
        if (text !== undefined) socket.write(text, 'latin1')
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(tool, {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    received: () => bytes.join(''),
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  })
}

function readRequest(text: string, connection: number): { request: ToolRequest; length: number } | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = text.slice(0, end)
  const [line = '', ...fields] = head.split('\r\n')
  const headers = fields.map(field => {
    const colon = field.indexOf(':')
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()] as const
  })
  const find = (name: string) => headers.find(([known]) => known === name)?.[1]
  const bodyStart = end + 4
  let length = bodyStart + Number(find('content-length') ?? 0)
  if (find('transfer-encoding') !== undefined) {
    const last = /(?:^|\r\n)0\r\n(?:[^\r]+\r\n)*\r\n/.exec(text.slice(bodyStart))
    if (last === null) return undefined
    length = bodyStart + last.index + last[0].length
  }
  if (text.length < length) return undefined
  const target = line.split(' ')[1] ?? ''
  return { request: { line, target, headers, head, body: text.slice(bodyStart, length), connection }, length }
}

/** Ends the sending side after the bytes, unless it `keeps` the connection until there is a whole answer. */
export async function exchangeRaw(
  host: string,
  raw: string,
  { keeps = false }: { readonly keeps?: boolean } = {},
): Promise<Reply> {
  const [hostname = '', port] = host.split(':')
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
  let text = ''
  socket.setEncoding('latin1').on('data', chunk => {
    text += chunk
    if (keeps && isWhole(text)) socket.end()
  })
  const closed = new Promise(resolve => socket.once('close', resolve))
  socket.on('error', () => {}).on('end', () => socket.end())
  if (keeps) socket.write(raw, 'latin1')
  else socket.end(raw, 'latin1')
  await closed
  return parseReply(text)
}

/** An answer with a Content-Length. */
function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end)) ?? []
  return end >= 0 && text.length >= end + 4 + Number(length ?? 0)
}

/** The last response of the text, after informational ones. */
export function parseReply(raw: string): Reply {
  const text = raw.replace(/^(?:HTTP\/1\.1 1\d\d [^\r]*\r\n(?:[^\r]+\r\n)*\r\n)+/, '')
  const end = text.indexOf('\r\n\r\n')
  const head = end < 0 ? text : text.slice(0, end)
  const [line = '', ...fields] = head.split('\r\n')
  return {
    status: Number(line.split(' ')[1] ?? 0),
    head,
    body: end < 0 ? '' : text.slice(end + 4),
    raw,
    header: name =>
      fields
        .find(field => field.toLowerCase().startsWith(`${name.toLowerCase()}:`))
        ?.slice(name.length + 1)
        .trim(),
  }
}
