import { writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { KubeApiError } from '../../../kube/client/api-error.ts'
import { createKubeClient } from '../../../kube/client/client.ts'
import { tokenFileCredentials } from '../../../kube/config/credentials.ts'
import {
  configMaps,
  connectorClasses,
  connectors,
  secrets,
  subjectAccessReviews,
} from '../../../kube/object/resources.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { waitFor } from '../../helpers/poll.ts'
import { withTempDir } from '../../helpers/temp-dir.ts'
import { createManualClock } from '../../runtime/manual-clock.ts'
import { configMap, refuse, reply, withApiServer } from '../api-server.ts'
import { selfSigned } from '../certificate.ts'

const test = suite('kube/client/client')

async function failure(promise: Promise<unknown>): Promise<KubeApiError> {
  const error = await promise.then(
    () => assert.unreachable('it did not fail'),
    (caught: unknown) => caught,
  )
  return error as KubeApiError
}

test('each verb asks the right path with the right body', async () => {
  await withApiServer(
    (request, response) =>
      reply(response, 200, request.path.endsWith('/token') ? { status: { token: 't' } } : configMap('a', 1)),
    async ({ client, received }) => {
      const object = { metadata: { name: 'a', namespace: 'team', resourceVersion: '1' } }
      const at = { namespace: 'team', name: 'a' }
      await client.get(configMaps, at)
      await client.get(connectorClasses, { name: 'git' })
      await client.create(configMaps, { metadata: { generateName: 'a-', namespace: 'team' } })
      await client.replace(configMaps, object)
      await client.replaceStatus(connectors, { ...object, spec: {}, status: {} })
      await client.patch(configMaps, at, { patch: { data: { x: null } } })
      await client.patchStatus(connectors, at, { patch: { status: {} } })
      await client.delete(configMaps, at, { preconditions: { uid: 'u' } })
      await client.createToken(at, { spec: { audiences: ['connectors'], expirationSeconds: 600 } })
      await client.review(subjectAccessReviews, { user: 'u' })
      const ours = '/apis/connectors.alauda.io/v1alpha1'
      assert.equal(
        received.map(({ method, path }) => `${method} ${path}`),
        [
          'GET /api/v1/namespaces/team/configmaps/a',
          `GET ${ours}/connectorclasses/git`,
          'POST /api/v1/namespaces/team/configmaps',
          'PUT /api/v1/namespaces/team/configmaps/a',
          `PUT ${ours}/namespaces/team/connectors/a/status`,
          'PATCH /api/v1/namespaces/team/configmaps/a',
          `PATCH ${ours}/namespaces/team/connectors/a/status`,
          'DELETE /api/v1/namespaces/team/configmaps/a',
          'POST /api/v1/namespaces/team/serviceaccounts/a/token',
          'POST /apis/authorization.k8s.io/v1/subjectaccessreviews',
        ],
      )
      assert.is(received[0]?.headers['authorization'], 'Bearer the-token')
      assert.is(received[0]?.headers['user-agent'], 'test/1')
      assert.is(received[5]?.headers['content-type'], 'application/merge-patch+json')
      assert.equal(received[5]?.body, { data: { x: null } })
      assert.equal(received[2]?.body, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { generateName: 'a-', namespace: 'team' },
      })
      assert.equal(received[7]?.body, {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid: 'u' },
      })
    },
  )
})

test('a name cannot reach another path', async () => {
  await withApiServer(
    (_, response) => reply(response, 200, configMap('a', 1)),
    async ({ client, received }) => {
      for (const name of ['', '.', '..', 'a/b', '%2e%2e', '../../secrets/x']) {
        assert.is(
          (await failure(client.get(configMaps, { namespace: 'team', name }))).reason,
          'NameInvalid',
          name,
        )
        assert.is(
          (await failure(client.get(configMaps, { namespace: name, name: 'a' }))).reason,
          'NameInvalid',
        )
      }
      assert.is((await failure(client.get(configMaps, { name: 'a' }))).reason, 'NamespaceMissing')
      await client.get(configMaps, { namespace: 'team', name: 'a?x=1#y' })
      assert.equal(
        received.map(request => request.path),
        ['/api/v1/namespaces/team/configmaps/a%3Fx%3D1%23y'],
      )
    },
  )
})

test('a long list comes in pages, its items with their kind', async () => {
  const items = Array.from({ length: 1000 }, (_, i) => ({ metadata: { name: `m${i}`, namespace: 'team' } }))
  await withApiServer(
    ({ query }, response) => {
      const start = Number(query.get('continue') ?? 0)
      const end = start + Number(query.get('limit'))
      const more = end < items.length ? { continue: String(end) } : {}
      reply(response, 200, { metadata: { resourceVersion: '7', ...more }, items: items.slice(start, end) })
    },
    async ({ client, received }) => {
      const { items: found, resourceVersion } = await client.list(configMaps, { labelSelector: 'a=b' })
      assert.is(found.length, 1000)
      assert.is(resourceVersion, '7')
      assert.is(found[999]?.kind, 'ConfigMap')
      assert.is(received.length, 4)
      assert.is(received[3]?.query.get('labelSelector'), 'a=b')
    },
  )
})

test('a page over the bound is asked for again in smaller pieces, an object over it is refused', async () => {
  const big = (i: number) => configMap(`m${i}`, 1, { data: { x: 'x'.repeat(1000) } })
  const items = Array.from({ length: 100 }, (_, i) => big(i))
  await withApiServer(
    ({ query, path }, response) => {
      if (path.endsWith('/huge'))
        return reply(response, 200, configMap('huge', 1, { data: { x: 'x'.repeat(20_000) } }))
      const start = Number(query.get('continue') ?? 0)
      const end = start + Number(query.get('limit'))
      const more = end < items.length ? { continue: String(end) } : {}
      reply(response, 200, { metadata: { resourceVersion: '7', ...more }, items: items.slice(start, end) })
    },
    async ({ client }) => {
      assert.is((await client.list(configMaps)).items.length, 100)
      const error = await failure(client.get(configMaps, { namespace: 'team', name: 'huge' }))
      assert.is(error.code, 'LIMIT')
      assert.is(error.reason, 'AnswerTooLarge')
    },
    { maxAnswerBytes: 10_000 },
  )
})

const refusals: readonly [number, string, string, string][] = [
  [400, 'BadRequest', 'INVALID', 'BadRequest'],
  [401, 'Unauthorized', 'UNAUTHENTICATED', 'Unauthorized'],
  [403, 'Forbidden', 'FORBIDDEN', 'Forbidden'],
  [404, 'NotFound', 'NOT_FOUND', 'NotFound'],
  [405, 'MethodNotAllowed', 'UNSUPPORTED', 'MethodNotAllowed'],
  [409, 'AlreadyExists', 'CONFLICT', 'AlreadyExists'],
  [409, 'Conflict', 'CONFLICT', 'Conflict'],
  [410, 'Gone', 'PRECONDITION', 'Expired'],
  [413, '', 'LIMIT', 'TooManyRequests'],
  [422, 'Invalid', 'INVALID', 'Invalid'],
  [500, 'InternalError', 'UNAVAILABLE', 'InternalError'],
  [503, '', 'UNAVAILABLE', 'ServiceUnavailable'],
  [504, 'Timeout', 'TIMEOUT', 'Timeout'],
  [302, '', 'INTERNAL', 'UnexpectedAnswer'],
]

for (const [status, reason, code, expected] of refusals) {
  test(`answer ${status} ${reason} is ${code} ${expected}`, async () => {
    await withApiServer(
      (_, response) => refuse(response, status, { reason, message: 'line one\nline\u0000two' }),
      async ({ client }) => {
        const error = await failure(client.get(configMaps, { namespace: 'team', name: 'a' }))
        assert.instance(error, KubeApiError)
        assert.equal([error.code, error.reason, error.status], [code, expected, status])
        assert.is(
          error.message,
          `Cannot get ConfigMap "team/a": the API server answered ${status} ${expected}: line one line two`,
        )
      },
    )
  })
}

test('what the server says about a Secret that was sent is not repeated', async () => {
  const body = {
    kind: 'Status',
    message: 'Secret is invalid: hunter2',
    details: { causes: [{ field: 'data[token]', message: 'hunter2' }] },
  }
  await withApiServer(
    (_, response) => reply(response, 422, body),
    async ({ client }) => {
      const error = await failure(client.create(secrets, { metadata: { name: 'a', namespace: 'team' } }))
      assert.not.match(error.message, 'hunter2')
      assert.match(error.message, 'data[token]')
    },
  )
})

const nonsense: readonly unknown[] = [
  { kind: 'Status', message: { a: 1 }, reason: 7, details: { causes: 'x', retryAfterSeconds: 'soon' } },
  { kind: 'Status', details: { causes: [null, { field: 1 }] } },
  'text',
  null,
  [],
]

for (const body of nonsense) {
  test(`a refusal that reads ${JSON.stringify(body)} is still a refusal`, async () => {
    await withApiServer(
      (_, response) => reply(response, 422, body),
      async ({ client }) => {
        const at = { namespace: 'team', name: 'a' }
        assert.is((await failure(client.get(configMaps, at))).code, 'INVALID')
        assert.is((await failure(client.create(secrets, { metadata: at }))).code, 'INVALID')
      },
    )
  })
}

for (const body of [{ items: {} }, { items: [null] }, { items: [{ metadata: {} }] }, null, 7]) {
  test(`a list that reads ${JSON.stringify(body)} is unreadable`, async () => {
    await withApiServer(
      (_, response) => reply(response, 200, body),
      async ({ client }) => assert.is((await failure(client.list(configMaps))).reason, 'AnswerUnreadable'),
    )
  })
}

test('find gives undefined for what is missing and throws the rest', async () => {
  let status = 404
  await withApiServer(
    (_, response) => refuse(response, status),
    async ({ client }) => {
      assert.is(await client.find(configMaps, { namespace: 'team', name: 'a' }), undefined)
      for (const name of ['', '..', 'a/b', 'a%2Fb']) {
        assert.is(await client.find(configMaps, { namespace: 'team', name }), undefined)
      }
      status = 403
      assert.is((await failure(client.find(configMaps, { namespace: 'team', name: 'a' }))).code, 'FORBIDDEN')
    },
  )
})

test('waits as long as a 429 asks, then tries again; a create is left to its caller', async () => {
  const clock = createManualClock()
  let refusing = 2
  await withApiServer(
    (_, response) => {
      if (refusing-- > 0) refuse(response, 429, { headers: { 'retry-after': '7' } })
      else reply(response, 200, configMap('a', 1))
    },
    async ({ client, received }) => {
      const got = client.get(configMaps, { namespace: 'team', name: 'a' })
      await waitFor(() => clock.sleepers === 1)
      await clock.advance(6999)
      assert.is(received.length, 1)
      await clock.advance(1)
      await waitFor(() => clock.sleepers === 1)
      await clock.advance(7000)
      assert.is((await got).metadata.name, 'a')
      assert.is(received.length, 3)
      refusing = 1
      const error = await failure(client.create(configMaps, { metadata: { name: 'a', namespace: 'team' } }))
      assert.equal([error.code, error.retryAfterMs], ['LIMIT', 7000])
      assert.is(received.length, 4)
    },
    { clock },
  )
})

test('gives up on 429 when the time of the call would be over', async () => {
  await withApiServer(
    (_, response) => refuse(response, 429, { headers: { 'retry-after': '60' } }),
    async ({ client, received }) => {
      const error = await failure(client.get(configMaps, { namespace: 'team', name: 'a' }))
      assert.equal([error.code, error.retryAfterMs], ['LIMIT', 60_000])
      assert.is(received.length, 1)
    },
  )
})

test('a refused token is read again from its file, once', async () => {
  await withTempDir(async dir => {
    await writeFile(`${dir}/token`, 'old\n')
    const credentials = tokenFileCredentials(`${dir}/token`, { clock: systemClock })
    await withApiServer(
      ({ headers }, response) => {
        if (headers['authorization'] === 'Bearer new') reply(response, 200, configMap('a', 1))
        else refuse(response, 401)
      },
      async ({ config, received }) => {
        const client = createKubeClient({
          config: { ...config, credentials },
          userAgent: 'test/1',
          clock: systemClock,
        })
        try {
          const at = { namespace: 'team', name: 'a' }
          assert.is((await failure(client.get(configMaps, at))).code, 'UNAUTHENTICATED')
          assert.is(received.length, 1)
          await writeFile(`${dir}/token`, 'new')
          assert.is((await client.get(configMaps, at)).metadata.name, 'a')
          await writeFile(`${dir}/token`, 'two\nlines')
          const error = await failure(credentials.authorization({ fresh: true }))
          assert.is(error.reason, 'TokenFileUnreadable')
          assert.not.match(error.message, 'lines')
        } finally {
          client.close()
        }
      },
    )
  })
})

test('an answer that never comes, one that stops half way and a caller who leaves', async () => {
  const at = { namespace: 'team', name: 'a' }
  await withApiServer(
    ({ query, path }, response) => {
      if (path.endsWith('/cut'))
        response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy())
      if (path.endsWith('/slow')) response.writeHead(200, { 'content-length': '100' }).write('{')
      if (path.endsWith('/text')) response.end('<html>')
      if (path.endsWith('/switch')) response.writeHead(101, { connection: 'upgrade', upgrade: 'x' }).end()
      assert.is(query.size, 0)
    },
    async ({ client }) => {
      const silent = await failure(client.get(configMaps, at, { timeoutMs: 50 }))
      assert.equal([silent.code, silent.reason], ['TIMEOUT', 'ApiServerTimeout'])
      const slow = await failure(client.get(configMaps, { ...at, name: 'slow' }, { timeoutMs: 50 }))
      assert.is(slow.code, 'TIMEOUT')
      const cut = await failure(client.get(configMaps, { ...at, name: 'cut' }))
      assert.equal([cut.code, cut.reason], ['UNAVAILABLE', 'ApiServerUnreachable'])
      const text = await failure(client.get(configMaps, { ...at, name: 'text' }))
      assert.is(text.reason, 'AnswerUnreadable')
      const switching = await failure(client.get(configMaps, { ...at, name: 'switch' }))
      assert.is(switching.reason, 'ApiServerUnreachable')
      const leaving = new AbortController()
      const left = failure(client.get(configMaps, at, { signal: leaving.signal }))
      leaving.abort(new Error('left'))
      assert.is((await left).message, 'left')
    },
  )
})

test('no server, and a server that another authority vouches for', async () => {
  await withApiServer(
    (_, response) => reply(response, 200, configMap('a', 1)),
    async ({ config, received }) => {
      const at = { namespace: 'team', name: 'a' }
      const clientFor = (change: object) =>
        createKubeClient({ config: { ...config, ...change }, userAgent: 'test/1', clock: systemClock })
      const nobody = await failure(clientFor({ server: new URL('https://127.0.0.1:1') }).get(configMaps, at))
      assert.equal([nobody.code, nobody.status], ['UNAVAILABLE', 0])
      assert.match(nobody.message, 'ECONNREFUSED')
      const stranger = await failure(clientFor({ ca: selfSigned().cert }).get(configMaps, at))
      assert.is(stranger.code, 'UNAVAILABLE')
      assert.is(received.length, 0)
    },
  )
})

test('a kept connection that the server closed meanwhile is replaced for reads, not for creates', async () => {
  const seen = new WeakSet<Socket>()
  let closing = false
  await withApiServer(
    (_, response) => {
      const socket = response.socket as Socket
      if (closing && seen.has(socket)) return void socket.destroy()
      seen.add(socket)
      reply(response, 200, configMap('a', 1))
    },
    async ({ client, received }) => {
      const at = { namespace: 'team', name: 'a' }
      await client.get(configMaps, at)
      closing = true
      await client.get(configMaps, at)
      assert.is(received.length, 3)
      const error = await failure(client.create(configMaps, { metadata: at }))
      assert.is(error.code, 'UNAVAILABLE')
      assert.is(received.length, 4)
    },
  )
})

test.run()
