import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { connectorClasses, connectors, resourceInterfaces } from '../../kube/object/resources.ts'
import { type CommandResult, connectors as runConnectors } from '../helpers/command.ts'
import { type DevInstance, withInstance } from '../helpers/instance.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const test = suite('connectors resolve')

const samples = {
  code: ['git', 'https://git.example.com:8443/'],
  registry: ['oci', 'https://registry.example.com:5000'],
  libraries: ['maven', 'https://maven.example.com/releases'],
  more: ['git', 'https://more.example.com'],
  lost: ['nope', 'https://lost.example.com'],
} as const

function withSamples(use: (instance: DevInstance, dir: string) => Promise<void>): Promise<void> {
  return withTempDir(dir =>
    // Where an instance is that was not told where to be.
    mkdir(join(dir, 'connectors-test')).then(() =>
      withInstance(join(dir, 'connectors-test'), [], async instance => {
        for (const [name, [connectorClassName, address]] of Object.entries(samples)) {
          const metadata = { namespace: 'default', name }
          await instance.client.create(connectors, { metadata, spec: { connectorClassName, address } })
        }
        await use(instance, dir)
      }),
    ),
  )
}

function assertRefused(result: CommandResult, status: number, ...lines: readonly (string | RegExp)[]): void {
  assert.is(result.status, status, result.stderr)
  const written = result.stderr.split('\n').filter(line => line !== '' && !line.includes(' warning: '))
  assert.is(written.length, lines.length, result.stderr)
  for (const [at, line] of lines.entries()) assert.match(written[at] ?? '', line)
}

/** Says what an interface makes of a Connector, as YAML and as JSON. */
async function resolvesCode({ command }: DevInstance): Promise<void> {
  const git = ['resolve', '--interface', 'gitcoderepository', '--connector', 'default/code']
  const asked = [...git, '--param', 'repository=org/app.git', '--param', 'revision=refs/heads/next']
  const [yaml, json, byCategory] = await Promise.all([
    command(asked),
    command([...asked, '-o', 'json']),
    command(['resolve', '--category', 'GitCodeRepository', ...asked.slice(3)]),
  ])
  assert.is(yaml.status, 0, yaml.stderr)
  // Nothing answers at its address.
  assert.match(yaml.stderr, /^connectors: warning: connectors\[default\/code\]: is not Ready: .+\n$/)
  assert.equal(JSON.parse(json.stdout), parse(yaml.stdout))
  assert.is(byCategory.stdout, yaml.stdout)
  assert.equal(parse(yaml.stdout), {
    interface: 'gitcoderepository',
    params: [
      { name: 'repository', value: 'org/app.git' },
      { name: 'revision', value: 'refs/heads/next' },
    ],
    attributes: [
      { name: 'url', type: 'string', value: 'https://git.example.com:8443/org/app.git' },
      { name: 'revision', type: 'string', value: 'refs/heads/next' },
    ],
    workspaces: [
      {
        name: 'git-source',
        volumeClaimTemplate: {
          spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } },
        },
      },
      volume('git-basic-auth', 'default/code', 'gitconfig'),
    ],
    problems: [],
  })
}

/** Images and libraries: lists by repetition, and the files that their classes render. */
async function resolvesImagesAndLibraries({ command }: DevInstance): Promise<void> {
  const image = ['--interface', 'ociartifact', '--connector', 'registry', '--param', 'repository=org/app']
  const library = ['--category', 'MavenArtifact', '--connector', 'libraries']
  const [oci, maven] = await Promise.all([
    command(['resolve', ...image, '-p', 'tags=1', '-p', 'tags=2', '-o', 'json']),
    command(['resolve', ...library, '-p', 'groupId=g', '-p', 'artifactId=a', '-o', 'json']),
  ])
  const resolved = JSON.parse(oci.stdout)
  assert.equal(attributesOf(resolved), {
    'repository-address': 'registry.example.com:5000/org/app',
    'artifact-versions': ['registry.example.com:5000/org/app:1', 'registry.example.com:5000/org/app:2'],
    versions: ['1', '2'],
  })
  assert.equal(resolved.workspaces, [
    volume('registry-config', 'default/registry', 'registry-config'),
    volume('docker-credentials', 'default/registry', 'registry-config'),
  ])
  const libraries = JSON.parse(maven.stdout)
  assert.is(libraries.interface, 'mavenartifact')
  assert.equal(attributesOf(libraries), {
    repository: 'https://maven.example.com/releases',
    groupId: 'g',
    artifactId: 'a',
    version: '',
  })
  assert.equal(libraries.workspaces, [volume('settings', 'default/libraries', 'settings')])
  // What the workspaces name is what the classes have.
  for (const [connector, file] of [
    ['registry', 'config.json'],
    ['libraries', 'settings.xml'],
  ] as const) {
    const mounted = await command(['mount', '--connector', `default/${connector}`, '-o', 'json'])
    assert.ok(JSON.parse(mounted.stdout).files.includes(file), mounted.stderr)
  }
}

/** Several Connectors in one workspace, in an order that does not matter. */
async function mergesConnectors({ command }: DevInstance): Promise<void> {
  const git = ['resolve', '--interface', 'gitcoderepository', '-p', 'repository=a', '-o', 'json']
  const [commas, options] = await Promise.all([
    command([...git, '--connector', 'default/more,default/code']),
    command([...git, '--connector', 'code', '--connector', 'more']),
  ])
  assert.is(commas.stdout, options.stdout)
  assert.equal(
    JSON.parse(commas.stdout).workspaces[1],
    volume('git-basic-auth', 'default/code,default/more', 'gitconfig'),
  )
}

test('the only instance that runs is found without being named', () =>
  withSamples(async ({ run }, dir) => {
    const asked = ['resolve', '--interface', 'maven', '--connector', 'libraries', '-o', 'json']
    const found = await runConnectors(asked, { env: { KUBECONFIG: undefined, TMPDIR: dir } })
    assert.is(found.status, 0, found.stderr)
    const named = await runConnectors(asked, { env: { KUBECONFIG: run.kubeconfig, TMPDIR: '/nowhere' } })
    assert.is(named.stdout, found.stdout)
    await mkdir(join(dir, 'empty'))
    const none = await runConnectors(asked, { env: { KUBECONFIG: undefined, TMPDIR: join(dir, 'empty') } })
    assertRefused(none, 6, 'Cannot find a running instance: neither --data DIR nor KUBECONFIG says which')
  }))

/** All that is wrong with a choice is said, a line each, with its field. */
async function saysWhatIsWrongWithChoices({ command }: DevInstance): Promise<void> {
  const git = ['resolve', '--interface', 'gitcoderepository', '--connector', 'code']
  const wrong = await command([...git, '-p', 'x=1', '-p', 'revision=a', '-p', 'revision=b'])
  assertRefused(wrong, 2, / params\.x: /, / params\.repository: /, / params\.revision: /)
  assert.is(parse(wrong.stdout).problems.length, 3)
  const missing = await command(['resolve', '--interface', 'maven', '--connector', 'a,lost,other/b'])
  assertRefused(
    missing,
    3,
    /connectors\[default\/a\]: is no Connector that is there/,
    /connectors\[default\/lost\]: is of ConnectorClass "nope"/,
    /connectors\[other\/b\]: is no Connector that is there/,
  )
  const { problems, ...nothing } = parse(missing.stdout)
  assert.equal(nothing, { params: [], attributes: [], workspaces: [] })
  assert.is(problems.length, 3)
  const unknown = await command(['resolve', '--interface', 'nope', '--connector', 'code', '-o', 'json'])
  assertRefused(unknown, 3, /interface\.name: /)
  assert.is(JSON.parse(unknown.stdout).problems[0].reason, 'InterfaceNotFound')
  assertRefused(
    await command(['resolve', '--interface', 'maven', '--connector', 'code']),
    7,
    /interface\.name: /,
  )
  const category = await command(['resolve', '--category', 'OCIArtifact', '--connector', 'code'])
  assertRefused(category, 7, /interface\.category: /)
}

/** What is wrong with an interface is said by its path, all of it. */
async function saysWhatIsWrongWithInterfaces({ client, command }: DevInstance): Promise<void> {
  await client.create(resourceInterfaces, {
    metadata: { name: 'broken' },
    spec: {
      attributes: [
        { name: 'a', expression: '{1 +}' },
        { name: 'b', expression: '{params.none}' },
      ],
    },
  } as never)
  const label = { 'resourceinterface.connectors.cpaas.io/broken': 'true' }
  await client.patch(connectorClasses, { name: 'git' }, { patch: { metadata: { labels: label } } })
  const { status, stderr, stdout } = await command([
    'resolve',
    '--interface',
    'broken',
    '--connector',
    'code',
  ])
  assert.is(status, 2)
  const { problems, ...found } = parse(stdout)
  assert.equal(found, { interface: 'broken', params: [], attributes: [], workspaces: [] })
  assert.is(problems.length, 2)
  for (const field of ['spec.attributes[0].expression', 'spec.attributes[1].expression']) {
    assert.ok(stderr.includes(`ResourceInterface "broken": ${field}`), stderr)
  }
}

test('says what interfaces make of Connectors: code, images, libraries, several in one workspace', () =>
  withSamples(async setup => {
    await resolvesCode(setup)
    await resolvesImagesAndLibraries(setup)
    await mergesConnectors(setup)
  }))

test('says all that is wrong with a choice or an interface, a line each, with its field', () =>
  withSamples(async setup => {
    await saysWhatIsWrongWithChoices(setup)
    await saysWhatIsWrongWithInterfaces(setup)
  }))

test('a command line that is wrong is refused in one line', async () => {
  for (const [args, why] of [
    [[], 'either --interface or --category says what to resolve'],
    [['--interface', 'a', '--category', 'b', '--connector', 'c'], 'either --interface or --category'],
    [['--interface', 'a'], '--connector NAMESPACE/NAME is missing'],
    [['--interface', 'a', '--connector', 'c', '--param', 'x'], '"x" is no NAME=VALUE'],
    [['--interface', 'a', '--connector', 'c', '-o', 'xml'], '"xml" is no output format'],
    [['--interface', 'a', '--connector', 'c', '--nope'], "Unknown option '--nope'"],
  ] as const) {
    assertRefused(await runConnectors(['resolve', ...args]), 2, why)
  }
})

function volume(name: string, connectors: string, configuration: string): object {
  const volumeAttributes = { connectors, 'configuration.names': configuration }
  return { name, csi: { driver: 'connectors-csi', readOnly: true, volumeAttributes } }
}

type Attributes = { readonly attributes: readonly { readonly name: string; readonly value: unknown }[] }

function attributesOf({ attributes }: Attributes): object {
  return Object.fromEntries(attributes.map(({ name, value }) => [name, value]))
}

test.run()
