// What is looked up for a run, against an API server that a script plays.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { stringify } from 'yaml'
import { type MadeRun, makeRun, type WantedRun } from '../../../cli/run/make-run.ts'
import { withTempDir } from '../../helpers/temp-dir.ts'
import { refuse, reply, withApiServer } from '../../kube/api-server.ts'

const test = suite('cli/run/make-run')

const product = '/apis/connectors.alauda.io/v1alpha1'
const spec = { steps: [{ name: 'a', image: 'x', script: 'true' }] }
const connectorRef = { name: 'usual', namespace: 'theirs' }
const code = { name: 'code', interface: { name: 'code' }, connectorRef }

async function make(
  integrations: readonly object[],
  wanted: Partial<WantedRun> = {},
): Promise<{ readonly made: MadeRun; readonly paths: readonly string[] }> {
  const annotations = { 'integrations.tekton.dev/integrations': JSON.stringify(integrations) }
  const metadata = { name: 'a', ...(integrations.length > 0 ? { annotations } : {}) }
  const paths: string[] = []
  const objects: Readonly<Record<string, object>> = {
    [`${product}/resourceinterfaces`]: { items: [{ metadata: { name: 'code' }, spec: {} }] },
    [`${product}/connectorclasses/git`]: {
      metadata: { name: 'git', labels: { 'resourceinterface.connectors.cpaas.io/code': 'true' } },
    },
    [`${product}/namespaces/ours/connectors/chosen`]: {
      metadata: { namespace: 'ours', name: 'chosen' },
      spec: { connectorClassName: 'git' },
      status: { conditions: [{ type: 'Ready', status: 'False', reason: 'Why', message: 'that is' }] },
    },
  }
  return withTempDir(async dir => {
    const from = join(dir, 'task.yaml')
    await writeFile(from, stringify({ apiVersion: 'tekton.dev/v1', kind: 'Task', metadata, spec }))
    return withApiServer(
      ({ path }, response) => {
        paths.push(path)
        const object = objects[path]
        if (object) reply(response, 200, object)
        else refuse(response, 403, { reason: 'Forbidden', message: 'no' })
      },
      async ({ client, config }) => {
        const choice = { kind: 'Task', from, connectors: [], params: [], workspaces: {}, ...wanted } as const
        const made = await makeRun(choice, { client, config, namespace: 'ours' })
        return { made, paths }
      },
    )
  })
}

test('a Task without integrations asks for no right to read interfaces', async () => {
  const { made, paths } = await make([])
  assert.equal(made.problems, [])
  assert.ok(made.run)
  assert.equal(paths, [])
})

test('a Connector that another is chosen for is not read; one that is not Ready is told', async () => {
  const runtime = { ...code, connectorRef: { ...connectorRef, setAtRuntime: true } }
  const { made, paths } = await make([runtime], { connectors: [{ name: 'code', value: 'chosen' }] })
  assert.equal(made.problems, [])
  assert.ok(made.run)
  assert.not.ok(paths.some(path => path.includes('/usual')))
  const field = 'connectors[ours/chosen]'
  const message = 'is not Ready: Why: that is'
  assert.equal(made.warnings, [{ field, reason: 'ConnectorNotReady', message }])
})

test('a Connector that is declared for good is read even though another is chosen', async () => {
  const refused = make([code], { connectors: [{ name: 'code', value: 'chosen' }] })
  const error = await refused.then(
    () => undefined,
    (caught: Error) => caught,
  )
  assert.match(error?.message ?? '', 'theirs/usual')
})

test.run()
