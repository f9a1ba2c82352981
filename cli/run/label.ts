// What the lines of a run's parts begin with: the name of the task, and of a matrix the combination.
import type { PipelineRun, TaskRun } from '../../kube/object/tekton.ts'
import { readMatrix, readSetParams } from '../../resource-interface/tekton/definition.ts'
import { fieldOf, listOf } from '../../resource-interface/tekton/json.ts'
import { oneLine } from '../output.ts'

export type Child = {
  /** Of the TaskRun. */
  readonly name: string
  /** In its Pipeline; empty for a run of one Task. */
  readonly task: string
  /** Names of the params that its matrix sets. */
  readonly matrix: readonly string[]
}

const longestValue = 32
const longestCombination = 80

/** The TaskRuns of a run: itself, or those of a PipelineRun. */
export function childrenOf(run: TaskRun & PipelineRun): readonly Child[] {
  if (run.kind === 'TaskRun') return [{ name: run.metadata.name, task: '', matrix: [] }]
  const spec = fieldOf(run.status, 'pipelineSpec')
  const tasks = ['tasks', 'finally'].flatMap(section => listOf(fieldOf(spec, section)))
  return (run.status?.childReferences ?? []).flatMap(({ kind, name, pipelineTaskName }) => {
    if (kind !== 'TaskRun' || name === undefined) return []
    const task = tasks.find(item => fieldOf(item, 'name') === pipelineTaskName)
    return [{ name, task: pipelineTaskName ?? name, matrix: readMatrix(fieldOf(task, 'matrix')) }]
  })
}

/** `test (os=linux, version=24)`. A combination that is too long is cut, and told apart by the TaskRun's name. */
export function labelOf({ name, task, matrix }: Child, taskRun?: TaskRun): string {
  if (matrix.length === 0) return oneLine(task)
  const values = new Map(
    readSetParams(fieldOf(fieldOf(taskRun, 'spec'), 'params')).map(param => [
      param.name,
      textOf(param.value),
    ]),
  )
  const names = [...new Set(matrix)].filter(param => values.has(param))
  const whole = names.map(param => `${param}=${values.get(param)}`).join(', ')
  const short = names.map(param => `${param}=${cut(values.get(param) ?? '', longestValue)}`).join(', ')
  const shown = cut(short, longestCombination)
  const combination = shown === whole ? whole : `${shown}; ${name}`
  return oneLine(`${task} (${combination === '' ? name : combination})`)
}

function textOf(value: unknown): string {
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value))
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest).replace(/[\ud800-\udbff]$/, '')}...`
}
