// The shapes of the specs of Tasks and Pipelines, where people write them by hand.
import type { Shape } from './shape.ts'

const texts = { list: 'text' } as const
const env: Shape = { list: { fields: { name: 'text', value: 'text', valueFrom: 'anything' } } }
const volumeMounts: Shape = {
  list: {
    fields: {
      name: 'text',
      mountPath: 'text',
      subPath: 'text',
      subPathExpr: 'text',
      readOnly: 'flag',
      recursiveReadOnly: 'text',
      mountPropagation: 'text',
    },
  },
}
const container = {
  image: 'text',
  command: texts,
  args: texts,
  workingDir: 'text',
  envFrom: 'anything',
  env,
  computeResources: 'anything',
  volumeMounts,
  volumeDevices: 'anything',
  imagePullPolicy: 'text',
  securityContext: 'anything',
} as const satisfies Readonly<Record<string, Shape>>
const workspaceUses: Shape = { list: { fields: { name: 'text', mountPath: 'text' } } }
const setParams: Shape = { list: { fields: { name: 'text', value: 'anything' } } }

const step: Shape = {
  fields: {
    name: 'text',
    displayName: 'text',
    ...container,
    script: 'text',
    timeout: 'text',
    workspaces: workspaceUses,
    onError: 'text',
    stdoutConfig: 'anything',
    stderrConfig: 'anything',
    ref: { fields: { name: 'text', resolver: 'text', params: setParams } },
    params: setParams,
    results: 'anything',
    when: 'anything',
  },
}

const sidecar: Shape = {
  fields: {
    name: 'text',
    ...container,
    ports: 'anything',
    livenessProbe: 'anything',
    readinessProbe: 'anything',
    startupProbe: 'anything',
    lifecycle: 'anything',
    terminationMessagePath: 'text',
    terminationMessagePolicy: 'text',
    stdin: 'flag',
    stdinOnce: 'flag',
    tty: 'flag',
    script: 'text',
    workspaces: workspaceUses,
    restartPolicy: 'text',
  },
}

const params: Shape = {
  list: {
    fields: {
      name: 'text',
      type: 'text',
      description: 'text',
      properties: { map: { fields: { type: 'text' } } },
      default: 'anything',
      enum: texts,
    },
  },
}

const declaredWorkspace = { name: 'text', description: 'text', optional: 'flag' } as const

export const taskShape: Shape = {
  fields: {
    params,
    displayName: 'text',
    description: 'text',
    steps: { list: step },
    volumes: { list: 'anything' },
    stepTemplate: { fields: container },
    sidecars: { list: sidecar },
    workspaces: { list: { fields: { ...declaredWorkspace, mountPath: 'text', readOnly: 'flag' } } },
    results: {
      list: {
        fields: {
          name: 'text',
          type: 'text',
          description: 'text',
          properties: 'anything',
          value: 'anything',
        },
      },
    },
  },
}

const pipelineTasks: Shape = {
  list: {
    fields: {
      name: 'text',
      displayName: 'text',
      description: 'text',
      taskRef: {
        fields: { name: 'text', kind: 'text', apiVersion: 'text', resolver: 'text', params: setParams },
      },
      taskSpec: 'anything',
      when: {
        list: { fields: { input: 'text', operator: 'text', values: 'anything', cel: 'text' } },
      },
      retries: 'integer',
      runAfter: texts,
      params: setParams,
      matrix: 'anything',
      workspaces: { list: { fields: { name: 'text', workspace: 'text', subPath: 'text' } } },
      timeout: 'text',
      pipelineRef: 'anything',
      pipelineSpec: 'anything',
      onError: 'text',
    },
  },
}

export const pipelineShape: Shape = {
  fields: {
    displayName: 'text',
    description: 'text',
    tasks: pipelineTasks,
    params,
    workspaces: { list: { fields: declaredWorkspace } },
    results: { list: { fields: { name: 'text', type: 'text', description: 'text', value: 'anything' } } },
    finally: pipelineTasks,
  },
}
