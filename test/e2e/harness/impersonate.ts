// Requests to the API server as somebody else, in a dry run: what would come of them, with nothing done.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export type ApiRequest = {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: object
  /** Of a PATCH: a merge patch where nothing else is said. */
  readonly contentType?: string
}

export type ApiAnswer = { readonly status: number; readonly message: string }

/** `username`: `system:serviceaccount:namespace:name`; the API server adds the groups of such an account. */
export type Ask = (username: string, request: ApiRequest) => Promise<ApiAnswer>

/** By kubectl, which knows how to reach the cluster and as whom. */
export async function withImpersonation(use: (ask: Ask) => Promise<void>): Promise<void> {
  const proxy = spawn('kubectl', ['proxy', '--port=0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [line] = (await once(createInterface({ input: proxy.stdout }), 'line')) as [string]
    const [address] = /127\.0\.0\.1:\d+/.exec(line) ?? []
    if (address === undefined) throw new Error(`Cannot use "${line}" as the address of kubectl proxy`)
    await use(async (username, { method, path, body, contentType }) => {
      const type = contentType ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json')
      const response = await fetch(`http://${address}${path}${path.includes('?') ? '&' : '?'}dryRun=All`, {
        method,
        headers: { 'content-type': type, 'impersonate-user': username },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const answer = (await response.json()) as { readonly message?: string }
      return { status: response.status, message: answer.message ?? '' }
    })
  } finally {
    proxy.kill()
    await once(proxy, 'exit')
  }
}
