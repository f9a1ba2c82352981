// Scope grants: who may use Connectors out of the box, asked of the API server itself.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { KubeClient } from '../../kube/client/client.ts'
import {
  connectors,
  namespaces,
  roleBindings,
  roles,
  subjectAccessReviews,
} from '../../kube/object/resources.ts'
import { waitFor } from '../helpers/poll.ts'
import { withController } from './boot-controller.ts'
import { connector } from './objects.ts'

const test = suite('controller/scope-grants')
const ref = { namespace: 'team', name: 'connectors-scope' }

async function mayUse(client: KubeClient, from: string, namespace = 'team'): Promise<boolean> {
  const { status } = await client.review(subjectAccessReviews, {
    user: `system:serviceaccount:${from}:builder`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${from}`, 'system:authenticated'],
    resourceAttributes: {
      group: 'connectors.alauda.io',
      resource: 'connectors',
      subresource: 'proxy',
      verb: 'get',
      namespace,
      name: 'tool',
    },
  })
  return status?.allowed ?? false
}

test('grants the own namespace while it holds Connectors', () =>
  withController({}, async ({ client }) => {
    await waitFor(() => mayUse(client, 'team'))
    assert.not(await mayUse(client, 'stranger'))
    await client.delete(connectors, { namespace: 'team', name: 'tool' })
    await waitFor(async () => !(await mayUse(client, 'team')))
    await waitFor(async () => (await client.find(roles, ref)) === undefined)
    assert.is(await client.find(roleBindings, ref), undefined)
  }))

test('grants everybody what is in kube-public', () =>
  withController({}, async ({ client }) => {
    const tool = connector('tool', { address: 'http://127.0.0.1:1' })
    await client.create(connectors, { ...tool, metadata: { name: 'tool', namespace: 'kube-public' } })
    await waitFor(() => mayUse(client, 'stranger', 'kube-public'))
    await waitFor(() => mayUse(client, 'team'))
    assert.not(await mayUse(client, 'stranger'))
  }))

test('follows the labels of a project and of its namespaces', () =>
  withController({}, async ({ client }) => {
    await client.create(namespaces, { metadata: { name: 'member', labels: { 'cpaas.io/project': 'blue' } } })
    await waitFor(() => mayUse(client, 'team'))
    assert.not(await mayUse(client, 'member'))
    const inner = { 'cpaas.io/inner-namespace': 'blue' }
    await client.patch(namespaces, { name: 'team' }, { patch: { metadata: { labels: inner } } })
    await waitFor(() => mayUse(client, 'member'))
    await client.patch(
      namespaces,
      { name: 'member' },
      { patch: { metadata: { labels: { 'cpaas.io/project': 'red' } } } },
    )
    await waitFor(async () => !(await mayUse(client, 'member')))
    assert.ok(await mayUse(client, 'team'))
  }))

test('ends what the annotation of the namespace switches off', () =>
  withController({}, async ({ client }) => {
    await waitFor(() => mayUse(client, 'team'))
    const annotations = { 'connectors.cpaas.io/scope-grants': 'false' }
    await client.patch(namespaces, { name: 'team' }, { patch: { metadata: { annotations } } })
    await waitFor(async () => (await client.find(roles, ref)) === undefined)
    assert.not(await mayUse(client, 'team'))
  }))

test('removes its own when it is switched off, and grants nothing new', () => {
  const labels = { 'connectors.alauda.io/scope-grants': 'true' }
  return withController(
    {
      argv: ['--scope-grants=false'],
      prepare: async ({ client }) => {
        await client.create(roles, { metadata: { ...ref, labels }, rules: [] })
      },
    },
    async ({ client, ready }) => {
      await ready('tool', 'Ready')
      await waitFor(async () => (await client.find(roles, ref)) === undefined)
      assert.is(await client.find(roleBindings, ref), undefined)
    },
  )
})

test('never touches a Role of its name that somebody else made, and binds nobody to it', () =>
  withController(
    {
      prepare: async ({ client }) => {
        const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]
        await client.create(roles, { metadata: ref, rules })
      },
    },
    async ({ client, ready, lines }) => {
      const before = await client.get(roles, ref)
      await ready('tool', 'Ready')
      await waitFor(() => lines.some(line => line.includes('the name is taken')))
      assert.equal(await client.get(roles, ref), before)
      assert.is(await client.find(roleBindings, ref), undefined)
    },
  ))

test('puts right what somebody changed', () =>
  withController({}, async ({ client }) => {
    await waitFor(() => mayUse(client, 'team'))
    await client.patch(roleBindings, ref, { patch: { subjects: [] } })
    await waitFor(() => mayUse(client, 'team'))
    await client.delete(roles, ref)
    await waitFor(() => mayUse(client, 'team'))
  }))

test.run()
