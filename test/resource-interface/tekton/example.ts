// The example of the specification: a Git repository for a Task and for a Pipeline.
import type { Definition } from '../../../resource-interface/definition.ts'
import { parseDefinition } from '../../../resource-interface/parse.ts'
import { integrationsAnnotation } from '../../../resource-interface/tekton/annotation.ts'

export const annotation = `
- name: code
  interface: {category: GitCodeRepository}        # or {name: gitcoderepository}
  connectorRef: {name: github, namespace: ci, setAtRuntime: true}
  params: [{name: revision, value: main, setAtRuntime: true}]
  attributes: [{name: url, refPath: [params.git-url]}, {name: revision, refPath: [tasks.clone.params.revision]}]
  workspaces: [{name: git-basic-auth, workspace: workspaces.basic-auth}]
`

export const gitInterface = {
  apiVersion: 'connectors.alauda.io/v1alpha1',
  kind: 'ResourceInterface',
  metadata: {
    name: 'gitcoderepository',
    labels: { 'resourceinterface.connectors.cpaas.io/category': 'GitCodeRepository' },
  },
  spec: {
    params: [
      { name: 'repository', type: 'string' },
      { name: 'revision', type: 'string', default: 'refs/heads/main' },
    ],
    attributes: [
      { name: 'url', type: 'string', expression: "{connector.spec.address + '/' + params.repository}" },
      { name: 'revision', type: 'string', expression: '$(params.revision)' },
      { name: 'url-revision', type: 'string', expression: 'both' },
      { name: 'parts', type: 'array', expression: "{params.repository.split('/')}" },
      { name: 'fixed', type: 'string', expression: 'x', parameterize: { disable: true } },
      { name: 'usual', type: 'string', expression: 'usual', parameterize: { name: 'git-url' } },
    ],
    workspaces: [
      {
        name: 'git-basic-auth',
        workspaceMapping: { name: 'basic-auth' },
        value: {
          csi: {
            driver: 'connectors-csi',
            readOnly: true,
            volumeAttributes: { connectors: '{connectors}', 'configuration.names': 'gitconfig' },
          },
        },
      },
      { name: 'git-source', value: { emptyDir: {} } },
    ],
    configurations: { multipleMergeConnectors: { enabled: true } },
  },
}

export const surroundings = {
  interfaces: [parseDefinition(gitInterface).definition as Definition],
  connectors: [
    {
      metadata: { name: 'github', namespace: 'ci' },
      spec: { address: 'https://github.com', connectorClassName: 'git' },
    },
    {
      metadata: { name: 'gitlab', namespace: 'ci' },
      spec: { address: 'https://gitlab.com', connectorClassName: 'git' },
    },
    {
      metadata: { name: 'other', namespace: 'ci' },
      spec: { address: 'https://x', connectorClassName: 'other' },
    },
    {
      metadata: { name: 'lost', namespace: 'ci' },
      spec: { address: 'https://x', connectorClassName: 'gone' },
    },
  ],
  classes: [
    {
      metadata: {
        name: 'git',
        labels: { 'resourceinterface.connectors.cpaas.io/gitcoderepository': 'true' },
      },
    },
    { metadata: { name: 'other' } },
  ],
}

const steps = [{ name: 'clone', image: 'alpine/git', script: 'git clone "$URL"' }]

export const cloneSpec = {
  params: [{ name: 'url' }, { name: 'revision', default: '' }, { name: 'tags', type: 'array', default: [] }],
  workspaces: [{ name: 'auth', optional: true }],
  steps,
}

export function makeTask(integrations: unknown, spec: object = {}): object {
  const params = [
    { name: 'git-url' },
    { name: 'git-revision', default: 'main' },
    { name: 'parts', type: 'array', default: [] },
    { name: 'mode', default: 'fast', enum: ['fast', 'slow'] },
    { name: 'image', type: 'object', properties: { name: {}, tag: {} }, default: { name: 'a', tag: 'b' } },
  ]
  const workspaces = [
    { name: 'basic-auth', optional: true },
    { name: 'source', optional: true },
  ]
  return make('Task', integrations, { params, workspaces, steps, ...spec })
}

export function makePipeline(integrations: unknown, spec: object = {}): object {
  return make('Pipeline', integrations, {
    params: [{ name: 'git-url' }],
    workspaces: [{ name: 'basic-auth' }],
    tasks: [
      {
        name: 'clone',
        taskSpec: cloneSpec,
        params: [{ name: 'url', value: '$(params.git-url)' }],
        workspaces: [{ name: 'auth', workspace: 'basic-auth' }],
      },
    ],
    ...spec,
  })
}

function make(kind: string, integrations: unknown, spec: object): object {
  const text = typeof integrations === 'string' ? integrations : JSON.stringify(integrations)
  return {
    apiVersion: 'tekton.dev/v1',
    kind,
    metadata: { name: 'clone', annotations: { [integrationsAnnotation]: text } },
    spec,
  }
}
