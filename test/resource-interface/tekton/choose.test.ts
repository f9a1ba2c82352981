import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createEvaluator } from '../../../resource-interface/sandbox.ts'
import { integrateRun, type RunInput } from '../../../resource-interface/tekton/integrate.ts'
import { makeTask, surroundings } from './example.ts'

const test = suite('tekton: choose')
const evaluator = await createEvaluator()
const choices = { integrations: { code: { params: { repository: 'org/app' } } } }

type Json = { readonly [key: string]: Json } & readonly Json[] & string

const integrate = (input: object) =>
  integrateRun({ ...surroundings, choices, ...input } as unknown as RunInput, { evaluator })

test('takes a Connector without any namespace to go by only when it is the only one of its name', () => {
  const [first] = surroundings.connectors
  const connectors = [
    ...surroundings.connectors,
    { ...first, metadata: { name: 'github', namespace: 'x' } },
  ] as NonNullable<RunInput['connectors']>
  const declaration = { name: 'code', interface: { name: 'gitcoderepository' } }
  const workspaces = [{ name: 'git-basic-auth', workspace: 'workspaces.basic-auth' }]
  const task = makeTask([{ ...declaration, connectorRef: { name: 'github' }, workspaces }], { params: [] })
  assert.ok(integrate({ task }).run)
  const { problems } = integrate({ task, connectors })
  assert.equal(
    problems.map(({ reason }) => reason),
    ['ConnectorNotFound'],
  )
  // The run's own namespace is what there is to go by: the one that is asked for, else that of the Task.
  const spaced = { ...task, metadata: { ...(task as { metadata: object }).metadata, namespace: 'x' } }
  for (const [options, namespace] of [
    [{}, 'x'],
    [{ namespace: 'ci' }, 'ci'],
  ] as const) {
    const made = integrate({ task: spaced, connectors, options }).run as unknown as Json
    assert.is(made['metadata']?.['namespace'], namespace)
    const { csi } = made['spec']?.['workspaces']?.[0] as Json
    assert.is(csi?.['volumeAttributes']?.['connectors'], `${namespace}/github`)
  }
})

test.run()
