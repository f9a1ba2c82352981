// What is wrong with a Task, a Pipeline, their integrations or the choices for a run, as data.
import type { Problem } from '../problem.ts'

export type RunProblemReason =
  | Problem['reason']
  | 'ConnectorNotFound'
  | 'ClassNotFound'
  /** The declaration fixes the value: a choice may not replace it. */
  | 'NotSetAtRuntime'
  /** Valid in itself, but no run can be made of it. */
  | 'Unsupported'

export type RunProblem = {
  /**
   * `integrations[code].attributes[url].refPath[params.git-url]`, `params[git-url]`, `workspaces[source]`,
   * `spec.steps[0].image`, `metadata.name`. Lists of named things go by name, so that order never shows.
   */
  readonly field: string
  readonly reason: RunProblemReason
  /** One line without the field, and without a period. */
  readonly message: string
}

/** By field, then reason, then message, each once: the order of the input leaves no trace. */
export function sortProblems(problems: readonly RunProblem[]): readonly RunProblem[] {
  const byText = new Map(problems.map(problem => [textOf(problem), problem]))
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, problem]) => problem)
}

function textOf({ field, reason, message }: RunProblem): string {
  return JSON.stringify([field, reason, message])
}
