// The shipped definitions: each is valid, and each gives what its clients can use.
import { readdirSync, readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import type { Binding, Value } from '../../resource-interface/definition.ts'
import { parseDefinition } from '../../resource-interface/parse.ts'
import { resolveInterface } from '../../resource-interface/resolve.ts'
import { createEvaluator } from '../../resource-interface/sandbox.ts'
import { validateInterface } from '../../resource-interface/validate.ts'

const test = suite('resource-interface/definitions')
const folder = new URL('../../resource-interface/definitions/', import.meta.url)
const classFolder = new URL('../../classes/', import.meta.url)
const evaluator = await createEvaluator()

const read = (name: string): unknown => parse(readFileSync(new URL(`${name}.yaml`, folder), 'utf8'))
const shipped = readdirSync(folder).map(name => name.replace('.yaml', ''))

type Case = {
  readonly address: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly attributes: Readonly<Record<string, Value>>
}

const git = { repository: 'org/app.git' }
const image = { repository: 'org/app', tags: ['1', 'sha256:ab'] }

const cases: Readonly<Record<string, readonly Case[]>> = {
  gitcoderepository: [
    {
      address: 'https://git.example.com',
      params: git,
      attributes: { url: 'https://git.example.com/org/app.git', revision: 'refs/heads/main' },
    },
    {
      address: 'https://git.example.com:8443/git//',
      params: { repository: '/org/app/', revision: 'refs/tags/v1' },
      attributes: { url: 'https://git.example.com:8443/git/org/app', revision: 'refs/tags/v1' },
    },
    // An address may be a repository itself.
    {
      address: 'http://127.0.0.1:3080/app.git',
      params: { repository: '' },
      attributes: { url: 'http://127.0.0.1:3080/app.git', revision: 'refs/heads/main' },
    },
  ],
  githubcoderepository: [
    {
      address: 'https://github.com/',
      params: { repository: 'org/app' },
      attributes: { url: 'https://github.com/org/app.git', revision: 'refs/heads/main' },
    },
  ],
  gitlabcoderepository: [
    {
      address: 'https://gitlab.example.com/prefix',
      params: { repository: 'group/sub/app.git' },
      attributes: { url: 'https://gitlab.example.com/prefix/group/sub/app.git', revision: 'refs/heads/main' },
    },
  ],
  ociartifact: [
    {
      address: 'https://registry.example.com:5000',
      params: image,
      attributes: {
        'repository-address': 'registry.example.com:5000/org/app',
        'artifact-versions': [
          'registry.example.com:5000/org/app:1',
          'registry.example.com:5000/org/app@sha256:ab',
        ],
        versions: ['1', 'sha256:ab'],
      },
    },
    {
      address: 'https://registry.example.com:443/team/',
      params: { repository: '/app/', tags: [] },
      attributes: {
        'repository-address': 'registry.example.com/team/app',
        'artifact-versions': [],
        versions: [],
      },
    },
  ],
  harborociartifact: [
    {
      address: 'https://harbor.example.com/',
      params: { project: 'library', repository: 'app', tags: ['latest'] },
      attributes: {
        'repository-address': 'harbor.example.com/library/app',
        'artifact-versions': ['harbor.example.com/library/app:latest'],
        versions: ['latest'],
      },
    },
  ],
  mavenartifact: [
    {
      address: 'https://maven.example.com:8443/repository/releases/',
      params: { groupId: 'org.example', artifactId: 'app' },
      attributes: {
        repository: 'https://maven.example.com:8443/repository/releases',
        groupId: 'org.example',
        artifactId: 'app',
        version: '',
      },
    },
    {
      address: 'https://maven.example.com',
      params: { groupId: 'g', artifactId: 'a', version: '1.0' },
      attributes: { repository: 'https://maven.example.com', groupId: 'g', artifactId: 'a', version: '1.0' },
    },
  ],
  maven: [
    { address: 'https://maven.example.com/m2/', attributes: { repository: 'https://maven.example.com/m2' } },
  ],
  npm: [{ address: 'https://npm.example.com', attributes: { registry: 'https://npm.example.com/' } }],
  npmpackage: [
    {
      address: 'https://npm.example.com:4873/npm/',
      params: { package: '@org/app', version: '1.2.3' },
      attributes: { registry: 'https://npm.example.com:4873/npm/', package: '@org/app', version: '1.2.3' },
    },
  ],
  pypipackage: [
    {
      address: 'https://pypi.example.com',
      params: { project: 'app', version: '1.2' },
      attributes: { registry: 'https://pypi.example.com/simple/', package: 'app', version: '1.2' },
    },
    {
      address: 'https://pypi.example.com/root/simple/',
      params: { project: 'app', version: '1.2' },
      attributes: { registry: 'https://pypi.example.com/root/simple/', package: 'app', version: '1.2' },
    },
  ],
  kubernetescluster: [
    {
      address: 'https://10.0.0.1:6443/kubernetes/global/',
      params: { namespace: 'ci' },
      attributes: { server: 'https://10.0.0.1:6443/kubernetes/global', namespace: 'ci' },
    },
  ],
}

/** Of each interface: its workspaces, and the configurations that they mount. */
const workspaces: Readonly<Record<string, Readonly<Record<string, Binding>>>> = {
  gitcoderepository: { 'git-source': claim(), 'git-basic-auth': volume('gitconfig') },
  githubcoderepository: { 'git-source': claim(), 'git-basic-auth': volume('gitconfig') },
  gitlabcoderepository: { 'git-source': claim(), 'git-basic-auth': volume('gitconfig') },
  ociartifact: {
    'registry-config': volume('registry-config'),
    'docker-credentials': volume('registry-config'),
  },
  harborociartifact: {
    'registry-config': volume('registry-config'),
    'docker-credentials': volume('registry-config'),
  },
  mavenartifact: { settings: volume('settings') },
  maven: { settings: volume('settings') },
  npm: { 'npm-config': volume('npmrc'), 'ca-bundle': volume(undefined) },
  npmpackage: { npmrc: volume('npmrc') },
  pypipackage: { pipconf: volume('pipconf') },
  kubernetescluster: { kubeconfig: volume('kubeconfig') },
}

function volume(configuration: string | undefined): Binding {
  const names = configuration === undefined ? {} : { 'configuration.names': configuration }
  return {
    csi: { driver: 'connectors-csi', readOnly: true, volumeAttributes: { connectors: 'ns/tool', ...names } },
  }
}

function claim(): Binding {
  const spec = { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } }
  return { volumeClaimTemplate: { spec } }
}

function resolved(name: string, { address, params = {} }: Pick<Case, 'address' | 'params'>) {
  const { definition } = parseDefinition(read(name))
  if (definition === undefined) throw new Error(`${name} is no definition`)
  const connector = { metadata: { name: 'tool', namespace: 'ns' }, spec: { address } }
  return resolveInterface({ definition, connectors: [connector], params }, { evaluator })
}

test('each is valid, in a file of its name', () => {
  for (const name of shipped) {
    assert.equal(validateInterface(read(name), { evaluator }), [], name)
    assert.is(parseDefinition(read(name)).definition?.name, name)
  }
})

test('each gives the attributes that its clients take', () => {
  assert.equal(Object.keys(cases).sort(), [...shipped].sort())
  for (const [name, list] of Object.entries(cases)) {
    for (const { attributes, ...choice } of list) {
      const found = resolved(name, choice)
      assert.equal(found.problems, [], name)
      const values = Object.fromEntries(found.attributes.map(attribute => [attribute.name, attribute.value]))
      assert.equal(values, attributes, `${name} at ${choice.address}`)
    }
  }
})

test('each binds its workspaces to the Connector', () => {
  for (const name of shipped) {
    const [sample] = cases[name] ?? []
    const bindings = resolved(name, sample ?? { address: '' }).workspaces.map(item => [
      item.name,
      item.binding,
    ])
    assert.equal(Object.fromEntries(bindings), workspaces[name], name)
  }
})

test('those of one category offer the same attributes and workspaces', () => {
  const categories = Map.groupBy(shipped, name => parseDefinition(read(name)).definition?.category)
  for (const [category, names] of categories) {
    const offers = names.map(name => {
      const { attributes = [], workspaces = [] } = parseDefinition(read(name)).definition ?? {}
      return [attributes.map(item => `${item.name}: ${item.type}`), workspaces.map(item => item.name)]
    })
    for (const offer of offers) assert.equal(offer, offers[0], category)
  }
})

test('what the built-in classes say they support is shipped', () => {
  for (const file of readdirSync(classFolder)) {
    const { metadata } = parse(readFileSync(new URL(file, classFolder), 'utf8'))
    const prefix = 'resourceinterface.connectors.cpaas.io/'
    const names = Object.keys(metadata.labels).filter(key => key.startsWith(prefix))
    assert.ok(names.length > 0, file)
    for (const name of names) assert.ok(shipped.includes(name.slice(prefix.length)), `${file}: ${name}`)
  }
})

test.run()
