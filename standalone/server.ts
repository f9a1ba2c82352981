// The HTTPS door: reads a request, asks who it is and whether they may, and writes what the verbs answer.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Pem } from '../pki/authority.ts'
import type { Answer } from './answer.ts'
import { authenticate } from './authenticate.ts'
import { type Faults, faultError } from './faults.ts'
import { authorize, refusal } from './rbac.ts'
import type { VerifyToken } from './reviews.ts'
import { parseRoute, type Route } from './route.ts'
import { selectedName } from './selectors.ts'
import { forbidden, StatusError } from './status.ts'
import type { Store } from './store.ts'
import type { User } from './user.ts'

export interface Call {
  readonly route: Route
  readonly user: User
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly body: Buffer
}

/** Answers a call, or undefined when it writes the response itself. */
export type Handler = (call: Call) => Promise<Answer | undefined>

/** Who asked what and what came of it; one for each request that was answered. */
export interface RequestRecord {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly path: string
  readonly user: string
  readonly status: number
}

export interface ServerOptions {
  readonly certificate: Pem
  readonly store: Store
  readonly verifyToken: VerifyToken
  readonly faults: Faults
  readonly handle: Handler
  readonly onRequest: (record: RequestRecord) => void
  readonly onError: (error: unknown) => void
}

const bodyLimitBytes = 3 << 20

export function createApiServer(options: ServerOptions): Server {
  const { certificate, onError } = options
  const tls = { cert: certificate.certificate, key: certificate.key, keepAliveTimeout: 90_000 }
  return createServer(tls, (request, response) => {
    serve(request, response, options).catch(error => {
      onError(error)
      response.destroy()
    })
  })
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
): Promise<void> {
  const route = parseRoute(request.method ?? 'GET', request.url ?? '/')
  let user = ''
  try {
    if (await ranIntoFault(route, response, options.faults)) return
    const caller = await authenticate(request.headers, options)
    user = caller.username
    requireAllowed(options.store, caller, route)
    const body = await readBody(request)
    const answer = await options.handle({ route, user: caller, request, response, body })
    if (answer !== undefined) write(response, answer)
  } catch (error) {
    writeError(response, error, options.onError)
  }
  const { verb, group, resource, subresource, namespace, name, path } = route
  const status = response.statusCode
  options.onRequest({ verb, group, resource, subresource, namespace, name, path, user, status })
}

async function ranIntoFault(route: Route, response: ServerResponse, faults: Faults): Promise<boolean> {
  const fault = faults.take(route)
  if (fault === undefined) return false
  await fault.until
  if (fault.reset) {
    response.destroy()
    return true
  }
  const error = faultError(
    fault,
    { group: route.group, plural: route.resource, kind: route.resource },
    route.name,
  )
  if (error !== undefined) throw error
  return false
}

function requireAllowed(store: Store, user: User, route: Route): void {
  const { verb, group, resource, subresource, namespace, path, query } = route
  // Who may see one object by its name may list and watch that one.
  const name = route.name || (verb === 'list' || verb === 'watch' ? selectedName(query) : '')
  const access = { verb, group, resource, subresource, namespace, name }
  if (authorize(store, user, route.isResource ? access : { ...access, path }).allowed) return
  if (route.isResource) throw forbidden({ group, plural: resource }, name, refusal(user, access))
  const message = `forbidden: User "${user.username}" cannot ${verb} path "${path}"`
  throw new StatusError(403, 'Forbidden', message, {})
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bodyLimitBytes) {
      const message = `Request entity too large: limit is ${bodyLimitBytes}`
      throw new StatusError(413, 'RequestEntityTooLarge', message)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function write(response: ServerResponse, { status, body, contentType, warnings = [] }: Answer): void {
  response.setHeader('content-type', contentType ?? 'application/json')
  response.setHeader('cache-control', 'no-cache, private')
  if (warnings.length > 0)
    response.setHeader(
      'warning',
      warnings.map(text => `299 - ${JSON.stringify(text)}`),
    )
  response.statusCode = status
  response.end(body)
}

function writeError(response: ServerResponse, error: unknown, onError: (error: unknown) => void): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    onError(error)
    return
  }
  if (!(error instanceof StatusError)) onError(error)
  const refused =
    error instanceof StatusError ? error : new StatusError(500, 'InternalError', 'Internal error occurred')
  const retryAfter = refused.status.details?.retryAfterSeconds
  if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter)
  write(response, { status: refused.code, body: JSON.stringify(refused.status) })
}
