// Built-in classes and interfaces that somebody deletes, edits or applies: resources.md, "Built-ins".
import { isDeepStrictEqual } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { getObject, kubectl, until } from '../harness/kubectl.ts'
import { scenario } from '../harness/scenario.ts'

const builtins = suite('a built-in')

const field = 'cpaas.io/description'
const builtin = 'connectors.cpaas.io/builtin'

for (const kind of ['ConnectorClass', 'ResourceInterface']) {
  builtins(
    `${kind} is put right when it is deleted, edited, or applied by somebody else, unless it is replaced`,
    scenario(async ({ onEnd }) => {
      const object = `${kind}/maven`
      onEnd(() => kubectl(['annotate', object, `${builtin}-`, 'e2e-']))
      const read = () => getObject(kind, 'maven')
      const annotation = async (name: string) => (await read()).metadata.annotations?.[name]
      const { metadata, spec } = await read()
      const shipped = metadata.annotations?.[field]
      assert.type(shipped, 'string')
      const back = (what: string) =>
        until(
          async () =>
            (await annotation(field)) === shipped && isDeepStrictEqual((await read())['spec'], spec),
          { what: `${object} to be back after ${what}`, timeoutMs: 10_000 },
        )

      await kubectl(['delete', object])
      await back('a deletion')
      await kubectl(['annotate', object, `${field}=mine`, 'e2e=added', '--overwrite'])
      await back('an edit')
      const applied = { metadata: { name: 'maven', annotations: { [field]: 'applied' } } }
      const input = JSON.stringify({ apiVersion: 'connectors.alauda.io/v1alpha1', kind, ...applied })
      const flags = ['--server-side', '--force-conflicts', '--field-manager=somebody', '--filename=-']
      await kubectl(['apply', ...flags], { input })
      await back('a server-side apply by somebody else')
      assert.is(await annotation('e2e'), 'added', 'what others have added stays')
      const events = await kubectl(['events', '--namespace=default', `--for=${object}`, '--types=Normal'])
      assert.match(events, /BuiltinRestored.*metadata\.annotations\.cpaas\.io\/description/)

      await kubectl(['annotate', object, `${builtin}=replaced`, `${field}=mine`, '--overwrite'])
      // By the same queue, so that it has gone by the one that is replaced.
      await kubectl(['delete', 'connectorclass/oci'])
      await until(() => getObject('connectorclass', 'oci'), { what: 'another one to be back' })
      assert.is(await annotation(field), 'mine')
      await kubectl(['annotate', object, `${builtin}-`])
      await back('it was ours again')
    }),
  )
}

builtins.run()
