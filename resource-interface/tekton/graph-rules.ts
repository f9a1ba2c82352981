// The order of the tasks of a Pipeline: who waits for whom, and whose results are there to be read.
import { isFields } from '../reader.ts'
import { fieldOf, type JsonObject, listOf, textOf } from './json.ts'
import type { RunProblem } from './run-problem.ts'

const resultOf = /\$\(tasks\.([^.)\s]+)\.results\.[^)]+\)/g

export function checkGraph(spec: JsonObject, field: string): RunProblem[] {
  const tasks = listOf(spec['tasks'])
  const names = new Set(tasks.map(task => textOf(fieldOf(task, 'name'))))
  const problems: RunProblem[] = []
  const waits = new Map<string, readonly string[]>()
  for (const [index, task] of tasks.entries()) {
    const after = listOf(fieldOf(task, 'runAfter')).filter(name => typeof name === 'string')
    const before = [...after, ...resultsReadBy(task)]
    for (const name of before.filter(name => !names.has(name))) {
      problems.push(unknownTask(`${field}.tasks[${index}]`, name))
    }
    waits.set(textOf(fieldOf(task, 'name')) ?? '', before)
  }
  if (hasCycle(waits)) {
    problems.push({
      field: `${field}.tasks`,
      reason: 'Invalid',
      message: 'must not wait for one another in a circle',
    })
  }
  for (const [index, task] of listOf(spec['finally']).entries()) {
    const place = `${field}.finally[${index}]`
    if (listOf(fieldOf(task, 'runAfter')).length > 0) {
      problems.push({
        field: `${place}.runAfter`,
        reason: 'Invalid',
        message: 'must not be there in finally',
      })
    }
    for (const name of resultsReadBy(task).filter(name => !names.has(name)))
      problems.push(unknownTask(place, name))
  }
  return problems
}

function resultsReadBy(task: unknown): readonly string[] {
  const texts = ['params', 'when', 'matrix'].flatMap(key => textsWithin(fieldOf(task, key)))
  return texts.flatMap(text => [...text.matchAll(resultOf)].map(match => match[1] ?? ''))
}

function hasCycle(waits: ReadonlyMap<string, readonly string[]>): boolean {
  const left = new Map(waits)
  for (;;) {
    const ready = [...left].filter(([, before]) => before.every(name => !left.has(name)))
    if (ready.length === 0) return left.size > 0
    for (const [name] of ready) left.delete(name)
  }
}

function textsWithin(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsWithin)
  return isFields(value) ? Object.values(value).flatMap(textsWithin) : []
}

function unknownTask(field: string, name: string): RunProblem {
  return {
    field,
    reason: 'UnknownReference',
    message: `must not wait for "${name}": the Pipeline has no such task`,
  }
}
