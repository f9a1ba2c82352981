import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { applyBuiltin } from '../../../controller/builtins/apply.ts'
import type { KubeObject } from '../../../kube/object/objects.ts'
import { connectorClasses } from '../../../kube/object/resources.ts'
import { refuse, reply, withApiServer } from '../../kube/api-server.ts'

const test = suite('controller/builtins/apply')

const object = { metadata: { name: 'git' }, spec: { address: { type: 'string' } } } as KubeObject
const shipped = { resource: connectorClasses, object, origin: 'git.yaml' }
const current = { metadata: { name: 'git', resourceVersion: '7' } }
const { signal } = new AbortController()
const path = '/apis/connectors.alauda.io/v1alpha1/connectorclasses'

type Body = { readonly metadata: { readonly resourceVersion?: string }; readonly spec: unknown }

test('applies with our name, over whoever owns a field, where nothing has changed meanwhile', () =>
  withApiServer(
    (request, response) => reply(response, 200, request.body),
    async ({ client, received }) => {
      await applyBuiltin({ shipped, current: undefined }, { client, signal })
      await applyBuiltin({ shipped, current }, { client, signal })
      for (const { method, headers, query } of received) {
        assert.is(method, 'PATCH')
        assert.is(headers['content-type'], 'application/apply-patch+yaml')
        assert.equal([query.get('fieldManager'), query.get('force')], ['connectors-controller', 'true'])
      }
      const versions = received.map(({ body }) => (body as Body).metadata.resourceVersion)
      assert.equal(versions, [undefined, '7'])
    },
  ))

test('creates or merges where the API server does no server-side apply', () =>
  withApiServer(
    ({ headers, body }, response) => {
      if (headers['content-type'] === 'application/apply-patch+yaml') refuse(response, 415)
      else reply(response, 200, body)
    },
    async ({ client, received }) => {
      await applyBuiltin({ shipped, current: undefined }, { client, signal })
      await applyBuiltin({ shipped, current }, { client, signal })
      const sent = received
        .filter(({ headers }) => headers['content-type'] !== 'application/apply-patch+yaml')
        .map(({ method, path, body }) => [method, path, (body as Body).metadata.resourceVersion])
      assert.equal(sent, [
        ['POST', path, undefined],
        ['PATCH', `${path}/git`, '7'],
      ])
    },
  ))

test('passes every other refusal on', () =>
  withApiServer(
    (_, response) => refuse(response, 403),
    async ({ client, received }) => {
      const failure = await applyBuiltin({ shipped, current }, { client, signal }).catch(error => error)
      assert.is(failure.code, 'FORBIDDEN')
      assert.is(received.length, 1)
    },
  ))

test.run()
