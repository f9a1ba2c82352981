// ResourceInterfaces of an installation: they are there, `connectors resolve` finds them, and Tekton takes their runs.
import { randomInt } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { createEvaluator } from '../../../resource-interface/sandbox.ts'
import { connectors } from '../../helpers/command.ts'
import { randomRuns } from '../../resource-interface/tekton/random-runs.ts'
import { apply, type KubeObject, kubectl, type Manifest, tryKubectl } from '../harness/kubectl.ts'
import { measured, scenario } from '../harness/scenario.ts'

const definitions = join(import.meta.dirname, '../../../resource-interface/definitions')
const category = 'resourceinterface.connectors.cpaas.io/category'

const interfaces = suite('ResourceInterfaces')

interfaces(
  'that are shipped are in the cluster as they are shipped, and kubectl shows their category and age',
  scenario(async () => {
    const table = await kubectl(['get', 'resourceinterfaces'])
    const [header, ...rows] = table.trimEnd().split('\n')
    assert.equal(header?.trim().split(/\s+/), ['NAME', 'CATEGORY', 'AGE'])
    const shown = rows.map(row => row.trim().split(/\s+/))
    for (const shipped of shippedInterfaces()) {
      const { name } = shipped.metadata
      const row = shown.find(([found]) => found === name)
      assert.is(row?.[1], shipped.metadata.labels?.[category], name)
      assert.match(row?.[2] ?? '', /^\d+[smhd]/)
      const stored: KubeObject = JSON.parse(
        await kubectl(['get', 'resourceinterface', name, '--output=json']),
      )
      assert.equal(stored['spec'], shipped['spec'], name)
    }
  }),
)

interfaces(
  'are resolved by name and by category, of each class that supports one',
  scenario(async ({ namespace }) => {
    const team = await namespace()
    const classes = { code: 'git', images: 'oci', artifacts: 'maven' }
    await apply(
      Object.entries(classes).map(([name, className]) => connector(name, className)),
      team,
    )
    const resolve = async (...args: readonly string[]) => {
      const { status, stdout, stderr } = await connectors(['resolve', ...args, '--output', 'json'])
      assert.is(status, 0, stdout + stderr)
      return JSON.parse(stdout)
    }
    for (const [name, wanted, params] of [
      ['code', 'GitCodeRepository', ['repository=app.git']],
      ['images', 'OCIArtifact', ['repository=team/app', 'tags=1.0', 'tags=latest']],
      ['artifacts', 'MavenArtifact', ['groupId=org.example', 'artifactId=app', 'version=1.0']],
    ] as const) {
      const choice = ['--connector', `${team}/${name}`, ...params.flatMap(param => ['--param', param])]
      const byCategory = await resolve('--category', wanted, ...choice)
      const definition = byCategory.interface
      assert.is(labelsOf(definition)[category], wanted)
      assert.equal(await resolve('--interface', definition, ...choice), byCategory)
      assert.ok(JSON.stringify(byCategory.attributes).includes(`${name}.example.com`), wanted)
      const bound = byCategory.workspaces.flatMap((item: Workspace) => item.csi ?? [])
      assert.is(bound[0]?.volumeAttributes.connectors, `${team}/${name}`)
    }
    const refused = await connectors([
      'resolve',
      '--category',
      'MavenArtifact',
      '--connector',
      `${team}/code`,
    ])
    assert.is(refused.status, 7)
    assert.match(refused.stderr, /MavenArtifact/)
  }),
)

interfaces(
  'random ones, with random Tasks, Pipelines and choices, make runs that Tekton accepts',
  scenario(async ({ namespace }) => {
    const team = await namespace()
    const seed = randomInt(2 ** 31)
    const { runs, cases } = randomRuns({ seed, count: 150, namespace: team }, await createEvaluator())
    const accepted = await dryRun(runs)
    assert.is(accepted.status, 0, `seed ${seed}: ${accepted.stderr}`)
    const created = accepted.stdout.match(/created \(server dry run\)$/gm) ?? []
    assert.is(created.length, 150)
    measured('runs accepted of random choices', `150 of ${cases} cases, seed ${seed}`)

    // Each that is made wrong is refused, and by Tekton: the sample was looked at.
    const refused = await dryRun(runs.slice(0, 5).map(makeWrong))
    assert.is(refused.stdout, '')
    const reasons =
      refused.stderr.match(/admission webhook "validation\.webhook\.pipeline\.tekton\.dev"/g) ?? []
    assert.is(reasons.length, 5, refused.stderr)
  }),
)

interfaces.run()

type Workspace = { readonly csi?: { readonly volumeAttributes: { readonly connectors: string } } }

function shippedInterfaces(): KubeObject[] {
  return readdirSync(definitions).map(file => parse(readFileSync(join(definitions, file), 'utf8')))
}

function labelsOf(name: string): Readonly<Record<string, string>> {
  return shippedInterfaces().find(({ metadata }) => metadata.name === name)?.metadata.labels ?? {}
}

function connector(name: string, connectorClassName: string): Manifest {
  const spec = { connectorClassName, address: `https://${name}.example.com` }
  return { apiVersion: 'connectors.alauda.io/v1alpha1', kind: 'Connector', metadata: { name }, spec }
}

function dryRun(runs: readonly object[]) {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: runs })
  return tryKubectl(['create', '--dry-run=server', '--filename=-'], { input })
}

function makeWrong(run: object): object {
  const twice = { name: 'twice', value: '' }
  return { ...run, spec: { ...(run as KubeObject)['spec'], params: [twice, twice] } }
}
