// The embedded control plane for one test: a scope with total defaults, and a plain HTTPS client.
import { request as httpsRequest } from 'node:https'
import type { ControlPlaneOptions } from '../../standalone/config.ts'
import { type ControlPlane, startControlPlane } from '../../standalone/main.ts'
import type { RequestRecord } from '../../standalone/server.ts'

/** A response's JSON: tests read from it what they expect to be there. */
// biome-ignore lint/suspicious/noExplicitAny: answers are compared field by field
export type Json = any

export interface Reply {
  readonly status: number
  readonly headers: { readonly [name: string]: string | string[] | undefined }
  readonly text: string
  /** The parsed body, or undefined when it is no JSON. */
  readonly body: Json
}

export interface CallOptions {
  /** Sent as JSON unless it is a string. */
  readonly body?: unknown
  readonly headers?: { readonly [name: string]: string }
  /** The administrator's when absent; null for none. */
  readonly token?: string | null
}

export interface BootedControlPlane extends ControlPlane {
  readonly token: string
  /** What was asked so far. */
  readonly requests: readonly RequestRecord[]
  call(method: string, path: string, options?: CallOptions): Promise<Reply>
}

/** Starts a control plane of its own on a free port, in memory, and stops it after `use`. */
export async function withControlPlane<T>(
  use: (plane: BootedControlPlane) => Promise<T>,
  options: ControlPlaneOptions = {},
): Promise<T> {
  const plane = await bootControlPlane(options)
  try {
    return await use(plane)
  } finally {
    await plane.close()
  }
}

/** The same for tests that restart it: the caller closes it. */
export async function bootControlPlane(options: ControlPlaneOptions = {}): Promise<BootedControlPlane> {
  const requests: RequestRecord[] = []
  const plane = await startControlPlane({
    ...options,
    onRequest: record => {
      requests.push(record)
      options.onRequest?.(record)
    },
  })
  const call = (method: string, path: string, { token = plane.adminToken, ...rest }: CallOptions = {}) =>
    callApi({ ...plane, token }, method, path, rest)
  return Object.assign(plane, { requests, call, token: plane.adminToken })
}

export interface Endpoint {
  readonly url: string
  readonly caPem: string
  readonly token: string | null
  /** A client certificate instead of a token. */
  readonly certificate?: string | undefined
  readonly key?: string | undefined
}

export function callApi(
  { url, caPem, token, certificate, key }: Endpoint,
  method: string,
  path: string,
  { body, headers = {} }: CallOptions,
): Promise<Reply> {
  const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const sent: { [name: string]: string } = { accept: 'application/json', ...headers }
  if (payload !== undefined) {
    sent['content-type'] ??= 'application/json'
    sent['content-length'] = String(Buffer.byteLength(payload))
  }
  if (token !== null) sent['authorization'] ??= `Bearer ${token}`
  const client = certificate === undefined || key === undefined ? {} : { cert: certificate, key }
  return new Promise((resolve, reject) => {
    const options = { method, ca: caPem, headers: sent, ...client }
    const request = httpsRequest(new URL(path, url), options, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed(text) })
      })
    })
    request.on('error', reject)
    request.end(payload)
  })
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
