// What every Task and Pipeline of tasks/ keeps to: the conventions of the Tekton catalog, and ours.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseAllDocuments } from 'yaml'
import { readTask, tasksDir } from './task.ts'

const policy = suite('tasks')

const folders = await Promise.all(
  readdirSync(tasksDir).map(async name => ({ name, kind: (await readTask(name)).kind })),
)

for (const { name } of folders.filter(({ kind }) => kind !== 'Pipeline')) {
  const textOf = (path: string) => readFileSync(join(tasksDir, name, path), 'utf8')

  policy(`${name}: says what it is`, async () => {
    const { apiVersion, kind, metadata, spec } = await readTask(name)
    assert.equal([apiVersion, metadata.name], ['tekton.dev/v1', name])
    assert.is(kind, spec.steps === undefined ? 'Pipeline' : 'Task')
    assert.match(metadata.labels['app.kubernetes.io/version'] ?? '', /^\d+\.\d+$/)
    for (const key of ['pipelines.minVersion', 'categories', 'tags', 'displayName', 'platforms']) {
      assert.ok(metadata.annotations[`tekton.dev/${key}`], key)
    }
    assert.ok(metadata.annotations['integrations.tekton.dev/integrations'])
    assert.ok(spec.description)
    for (const described of [...spec.params, ...spec.workspaces, ...spec.results]) {
      assert.ok(described.description, `${described.name} has a description`)
    }
  })

  policy(`${name}: takes params through the environment only`, async () => {
    for (const { script, ...step } of (await readTask(name)).spec.steps ?? []) {
      assert.not.match(script, /\$\((params|workspaces|results|context|steps)\b/)
      assert.is(step['args'] ?? step['command'], undefined)
    }
  })

  policy(`${name}: runs without root and without privileges`, async () => {
    for (const { securityContext } of (await readTask(name)).spec.steps ?? []) {
      assert.equal(securityContext, {
        runAsNonRoot: true,
        runAsUser: 65532,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      })
    }
  })

  policy(`${name}: names images without a host, by a tag that does not move`, async () => {
    const { params, steps = [] } = (await readTask(name)).spec
    for (const { image } of steps) {
      const param = /^\$\(params\.([\w-]+)\)$/.exec(image)?.[1]
      const named = param === undefined ? image : String(params.find(found => found.name === param)?.default)
      assert.match(named, /^[a-z0-9-]+\/[a-z0-9-]+:v?\d+\.\d+\.\d+$/)
    }
  })

  policy(`${name}: has a README with every param, workspace and result`, async () => {
    const readme = textOf('README.md')
    const { params, workspaces, results } = (await readTask(name)).spec
    for (const { name: param, default: fallback } of params) {
      const row = new RegExp(`^\\| \`${param}\` \\|(?<rest>.*)\\|$`, 'm').exec(readme)?.groups?.['rest']
      assert.ok(row, `a row for ${param}`)
      if (fallback !== undefined && fallback !== '')
        assert.ok(row.includes(`\`${fallback}\``), `default of ${param}`)
    }
    for (const { name: other } of [...workspaces, ...results])
      assert.ok(readme.includes(`\`${other}\``), other)
    assert.match(readme, /^## Platforms$/m)
  })

  policy(`${name}: has samples that bind what it declares`, async () => {
    const { params, workspaces } = (await readTask(name)).spec
    const samples = readdirSync(join(tasksDir, name, 'samples'))
    assert.ok(samples.length > 0)
    for (const sample of samples) {
      const uses = usesOf(
        parseAllDocuments(textOf(`samples/${sample}`)).map(document => document.toJS()),
        name,
      )
      assert.ok(uses.length > 0, `${sample} uses ${name}`)
      for (const use of uses) {
        assert.equal(
          namesOf(use.params).filter(used => !namesOf(params).includes(used)),
          [],
          sample,
        )
        assert.equal(
          namesOf(use.workspaces).filter(used => !namesOf(workspaces).includes(used)),
          [],
          sample,
        )
        const required = [
          ...params.filter(param => param.default === undefined),
          ...workspaces.filter(workspace => workspace.optional !== true),
        ]
        const given = [...namesOf(use.params), ...namesOf(use.workspaces)]
        assert.equal(
          namesOf(required).filter(needed => !given.includes(needed)),
          [],
          sample,
        )
      }
    }
  })
}

policy.run()

type Named = readonly { readonly name: string }[]
type Use = { readonly params?: Named; readonly workspaces?: Named }

/** Every place in the documents that runs it: specs of TaskRuns and PipelineRuns, and tasks of Pipelines. */
function usesOf(value: unknown, task: string): Use[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.values(value).flatMap(child => usesOf(child, task))
  const { taskRef, pipelineRef } = value as Readonly<Record<string, { name?: string } | undefined>>
  const reference = taskRef ?? pipelineRef
  return reference?.name === task ? [value as Use, ...inner] : inner
}

function namesOf(list: Named = []): string[] {
  return list.map(({ name }) => name)
}
