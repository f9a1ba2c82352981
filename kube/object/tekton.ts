// Tekton's kinds, as far as runs are made and followed. They are no part of what this product installs.
import type { Condition } from '../../connector/condition.ts'
import type { KubeObject } from './objects.ts'
import type { Resource } from './resources.ts'

export interface TaskRun extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly Condition[]
    readonly podName?: string
    readonly results?: readonly RunResult[]
  }
}

export interface PipelineRun extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly Condition[]
    readonly childReferences?: readonly ChildReference[]
    readonly results?: readonly RunResult[]
  }
}

export interface ChildReference {
  readonly kind?: string
  readonly name?: string
  readonly pipelineTaskName?: string
}

export interface RunResult {
  readonly name: string
  readonly value: unknown
}

export const tasks: Resource = tekton('tasks', 'Task')
export const pipelines: Resource = tekton('pipelines', 'Pipeline')
export const taskRuns: Resource<TaskRun> = tekton('taskruns', 'TaskRun')
export const pipelineRuns: Resource<PipelineRun> = tekton('pipelineruns', 'PipelineRun')

function tekton(plural: string, kind: string): Resource<never> {
  return { group: 'tekton.dev', version: 'v1', plural, kind, namespaced: true }
}
