// What every Pipeline of tasks/ keeps to: it fits the Tasks it refers to, and says what it is.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse, parseAllDocuments } from 'yaml'
import { type Described, readTask, type Task, tasksDir } from './task.ts'

type Use = {
  readonly taskRef: { readonly name: string }
  readonly params: readonly { readonly name: string; readonly value: string }[]
  readonly workspaces: readonly { readonly name: string; readonly workspace: string }[]
}

type Pipeline = Pick<Task, 'apiVersion' | 'kind' | 'metadata'> & {
  readonly spec: {
    readonly description: string
    readonly params: readonly Described[]
    readonly workspaces: readonly Described[]
    readonly results: readonly Described[]
    readonly tasks: readonly Use[]
  }
}

const textOf = (name: string, path: string) => readFileSync(join(tasksDir, name, path), 'utf8')

const pipelines = readdirSync(tasksDir)
  .map(name => ({ name, pipeline: parse(textOf(name, `${name}.yaml`)) as Pipeline }))
  .filter(({ pipeline }) => pipeline.kind === 'Pipeline')

const policy = suite('pipelines')

policy('there are some', () => {
  assert.ok(pipelines.length > 0)
})

for (const { name, pipeline } of pipelines) {
  const { metadata, spec } = pipeline

  policy(`${name}: says what it is`, () => {
    assert.equal([pipeline.apiVersion, metadata.name], ['tekton.dev/v1', name])
    assert.match(metadata.labels['app.kubernetes.io/version'] ?? '', /^\d+\.\d+$/)
    for (const key of ['pipelines.minVersion', 'categories', 'tags', 'displayName', 'platforms']) {
      assert.ok(metadata.annotations[`tekton.dev/${key}`], key)
    }
    assert.ok(metadata.annotations['integrations.tekton.dev/integrations'])
    assert.ok(spec.description)
  })

  policy(
    `${name}: gives its Tasks params and workspaces that they declare, and all that they need`,
    async () => {
      for (const { taskRef, params, workspaces } of spec.tasks) {
        const task = (await readTask(taskRef.name)).spec
        const given = namesOf([...params, ...workspaces])
        const known = namesOf([...task.params, ...task.workspaces])
        assert.equal(
          given.filter(each => !known.includes(each)),
          [],
        )
        const required = [
          ...task.params.filter(param => param.default === undefined),
          ...task.workspaces.filter(workspace => workspace.optional !== true),
        ]
        assert.equal(
          namesOf(required).filter(needed => !given.includes(needed)),
          [],
        )
      }
    },
  )

  policy(`${name}: has a README with every param, workspace and result`, () => {
    const readme = textOf(name, 'README.md')
    for (const { name: described, description } of [...spec.params, ...spec.workspaces, ...spec.results]) {
      assert.ok(description, `${described} has a description`)
      assert.ok(readme.includes(`| \`${described}\` |`), `a row for ${described}`)
    }
    assert.match(readme, /^## Platforms$/m)
  })

  policy(`${name}: has samples that give what it declares`, () => {
    const samples = readdirSync(join(tasksDir, name, 'samples'))
    assert.ok(samples.length > 0)
    for (const sample of samples) {
      for (const document of parseAllDocuments(textOf(name, `samples/${sample}`))) {
        const run = document.toJS().spec
        assert.is(run.pipelineRef.name, name)
        const given = namesOf([...run.params, ...run.workspaces])
        const known = namesOf([...spec.params, ...spec.workspaces])
        assert.equal(
          given.filter(each => !known.includes(each)),
          [],
        )
        const required = [...spec.params.filter(param => param.default === undefined), ...spec.workspaces]
        assert.equal(
          namesOf(required).filter(needed => !given.includes(needed)),
          [],
        )
      }
    }
  })
}

policy.run()

function namesOf(list: readonly { readonly name: string }[]): string[] {
  return list.map(({ name }) => name)
}
