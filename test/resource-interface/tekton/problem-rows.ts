// Rows of inputs with one thing wrong, and how they are tried.
import * as assert from 'uvu/assert'
import { createEvaluator } from '../../../resource-interface/sandbox.ts'
import { integrateRun, type RunInput } from '../../../resource-interface/tekton/integrate.ts'
import { cloneSpec, makePipeline, makeTask, surroundings } from './example.ts'

const evaluator = await createEvaluator()

export const github = { name: 'github', namespace: 'ci' }
export const url = { name: 'url', refPath: ['params.git-url'] }
export const chosen = { integrations: { code: { params: { repository: 'org/app' } } } }
export const given = { params: { 'git-url': 'x' } }

/** The integration of a Task that has nothing wrong, but for `fields`. */
export const code = (fields: object = {}) => ({
  name: 'code',
  interface: { name: 'gitcoderepository' },
  connectorRef: github,
  attributes: [url],
  ...fields,
})
export const task = (integrations: unknown, choices: unknown = chosen, spec: object = {}) => ({
  task: makeTask(integrations, spec),
  choices,
})
export const attributes = (...list: object[]) => task([code({ attributes: list })])
export const pipeline = (list: object[], spec: object = {}) => ({
  pipeline: makePipeline([code({ attributes: list })], {
    params: [],
    workspaces: [],
    tasks: [{ name: 'a', taskSpec: cloneSpec, params: [{ name: 'url', value: 'x' }] }],
    ...spec,
  }),
  choices: chosen,
})
export const bare = (spec: object, kind: 'task' | 'pipeline' = 'task') =>
  kind === 'task'
    ? { task: makeTask([], spec), choices: given }
    : { pipeline: makePipeline([], spec), choices: given }
export const step = (fields: object) => bare({ steps: [{ image: 'alpine', ...fields }] })
export const params = (...list: object[]) => bare({ params: [{ name: 'git-url' }, ...list] })

export type Row = readonly [what: string, input: object, ...problems: string[]]

export function problemsOf(input: object) {
  return integrateRun({ ...surroundings, ...input } as unknown as RunInput, { evaluator }).problems
}

export function tryRows(test: (name: string, run: () => void) => void, rows: readonly Row[]): void {
  for (const [what, input, ...expected] of rows) {
    test(what, () => {
      const problems = problemsOf(input)
      assert.equal(
        problems.map(({ field, reason }) => `${field} ${reason}`),
        expected,
      )
      for (const { message } of problems) assert.match(message, /^\S.*[^.\s]$/)
    })
  }
}
