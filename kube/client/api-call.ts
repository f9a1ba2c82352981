// One call of the API: its path, its retries (429, a renewed token) and what a refusal becomes.
import type { IncomingHttpHeaders } from 'node:http'
import { ConnectorsError } from '../../connector/errors.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Credentials } from '../config/credentials.ts'
import { type ObjectRef, refKey } from '../object/objects.ts'
import { apiVersionOf, type Resource } from '../object/resources.ts'
import { errorFromStatus, type KubeApiError, unreadable } from './api-error.ts'
import type { Answer, Exchange, OpenAnswer, Transport } from './transport.ts'

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number
  /** Called right before each attempt is sent: what it throws keeps that one from being sent. */
  readonly permit?: (() => void) | undefined
}

const defaultTimeoutMs = 30_000
const maxAttempts = 4

export interface Call extends CallOptions {
  readonly verb: string
  readonly method: Exchange['method']
  readonly resource: Resource<unknown>
  readonly ref?: ObjectRef
  readonly namespace?: string | undefined
  readonly subresource?: string
  readonly query?: URLSearchParams
  readonly body?: unknown
  readonly contentType?: string
  /** Sending it twice does no harm. */
  readonly repeatable: boolean
}

export interface Caller {
  /** The answer's JSON object. */
  json<T>(call: Call): Promise<T>
  /** The answer while it comes. */
  open(call: Call): Promise<OpenAnswer>
}

export interface CallerOptions {
  readonly transport: Transport
  readonly credentials: Credentials
  readonly clock: Clock
}

export function createCaller({ transport, credentials, clock }: CallerOptions): Caller {
  async function send<A extends Answer | OpenAnswer>(
    call: Call,
    how: (request: Exchange) => Promise<A>,
    refuse: (answer: A) => Promise<KubeApiError>,
  ): Promise<A> {
    const { signal, timeoutMs = defaultTimeoutMs } = call
    const deadlineMs = clock.monotonicMs() + timeoutMs
    const action = actionOf(call)
    const path = pathOf(call)
    const body = call.body === undefined ? undefined : JSON.stringify(call.body)
    let authorization = await credentials.authorization({ fresh: false })
    for (let attempt = 1; ; attempt++) {
      const { method, contentType, repeatable, permit } = call
      const leftMs = deadlineMs - clock.monotonicMs()
      const answer = await how({
        method,
        path,
        body,
        contentType,
        authorization,
        action,
        timeoutMs: leftMs,
        signal,
        repeatable,
        permit,
      })
      if (answer.status >= 200 && answer.status < 300) return answer
      const error = await refuse(answer)
      if (answer.status === 401 && attempt === 1) {
        // kubelet may have renewed the token file a moment ago.
        const renewed = await credentials.authorization({ fresh: true })
        if (renewed === authorization) throw error
        authorization = renewed
        continue
      }
      const waitMs = error.retryAfterMs ?? 1000
      const worthWaiting = clock.monotonicMs() + waitMs < deadlineMs && attempt < maxAttempts
      if (answer.status !== 429 || !call.repeatable || !worthWaiting) throw error
      await clock.sleep(waitMs, { signal })
    }
  }

  async function json<T>(call: Call): Promise<T> {
    const answer = await send(call, transport.exchange, async refused => refusal(call, refused, refused.body))
    const parsed = parseJson(answer.body)
    if (typeof parsed !== 'object' || parsed === null)
      throw unreadable(actionOf(call), 'is not a JSON object')
    return parsed as T
  }

  return {
    json,
    open: call =>
      send(call, transport.open, async refused =>
        refusal(call, refused, await firstBytes(refused, 64 * 1024)),
      ),
  }
}

export function actionOf({ verb, resource, ref, namespace }: Call): string {
  if (ref !== undefined) return `${verb} ${resource.kind} "${refKey(ref)}"`
  return namespace === undefined ? `${verb} ${resource.kind}` : `${verb} ${resource.kind} in "${namespace}"`
}

function pathOf({ resource, ref, namespace, subresource, query }: Call): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${apiVersionOf(resource)}`
  const within = ref === undefined ? namespace : ref.namespace
  if (resource.namespaced && ref !== undefined && within === undefined) {
    throw new ConnectorsError(
      'INVALID',
      'NamespaceMissing',
      `Cannot find ${resource.kind} "${ref.name}": it lives in a namespace and none is given`,
    )
  }
  const parts = [root]
  if (resource.namespaced && within !== undefined) parts.push('namespaces', segment(within))
  parts.push(resource.plural)
  if (ref !== undefined) parts.push(segment(ref.name))
  if (subresource !== undefined) parts.push(subresource)
  const path = parts.join('/')
  return query === undefined ? path : `${path}?${query}`
}

/** Names come from users' objects: none may reach another path than its own. */
function segment(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/%]/.test(name)) {
    throw new ConnectorsError(
      'INVALID',
      'NameInvalid',
      `Cannot use ${JSON.stringify(name)} as the name of an object: it is not a path segment`,
    )
  }
  return encodeURIComponent(name)
}

function refusal(
  call: Call,
  { status, headers }: { readonly status: number; readonly headers: IncomingHttpHeaders },
  body: Buffer,
): KubeApiError {
  const sentSecret = call.body !== undefined && confidentialKinds.has(call.resource.kind)
  return errorFromStatus({
    action: actionOf(call),
    status,
    body: parseJson(body),
    retryAfterMs: parseRetryAfter(headers['retry-after']),
    confidential: sentSecret,
  })
}

const confidentialKinds = new Set(['Secret', 'TokenReview'])

/** Seconds, as the API server writes it. */
function parseRetryAfter(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : undefined
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

async function firstBytes(answer: OpenAnswer, max: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of answer.chunks) {
      parts.push(chunk)
      size += chunk.length
      if (size >= max) break
    }
  } finally {
    answer.close()
  }
  return Buffer.concat(parts)
}
