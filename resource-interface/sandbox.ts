// Evaluates JavaScript expressions of others' writing, and says in one line what is wrong with one.
import { type Answer, Engine } from './engine.ts'
import { clip } from './value.ts'

export type Evaluation =
  | { readonly value: unknown }
  | {
      readonly reason: 'ExpressionInvalid' | 'ExpressionFailed' | 'ExpressionUndefined' | 'ExpressionLimit'
      /** One line that quotes the expression. */
      readonly message: string
    }

/** Variables that an expression sees by name, as JSON would keep them. */
export type Variables = Readonly<Record<string, unknown>>

/** Synchronous once it is there. */
export interface Evaluator {
  /** The value of a JavaScript expression, as JSON would keep it. */
  evaluate(expression: string, variables: Variables): Evaluation
  /** Why it is no JavaScript expression; undefined when it is one. Nothing runs. */
  syntaxError(expression: string): string | undefined
}

/** Loads the engine. Evaluators share nothing; one is enough for a process. */
export async function createEvaluator(): Promise<Evaluator> {
  const engine = await Engine.load()
  return {
    evaluate: (expression, variables) => evaluate(engine, expression, variables),
    syntaxError: expression => syntaxError(engine, expression),
  }
}

function evaluate(engine: Engine, expression: string, variables: Variables): Evaluation {
  const run = { expression, variables: Object.entries(variables), tracked: false }
  const answer = engine.run(run)
  const refuse = (
    reason: 'ExpressionInvalid' | 'ExpressionFailed' | 'ExpressionUndefined' | 'ExpressionLimit',
    why: string,
  ) => ({ reason, message: `Cannot evaluate ${quote(expression)}: ${oneLine(why)}` })
  if ('limit' in answer) return refuse('ExpressionLimit', answer.limit)
  if ('syntaxError' in answer) return refuse('ExpressionInvalid', answer.syntaxError)
  const { value, error } = parseAnswer(answer)
  if (error === undefined && !mayHoldUndefined(value, run.variables, expression)) return { value }
  const limit = error === undefined ? undefined : limitReached(error)
  if (limit !== undefined) return refuse('ExpressionLimit', limit)
  if (error !== undefined && !/is not defined$| of (undefined|null)$/.test(error))
    return refuse('ExpressionFailed', error)
  return refuse('ExpressionUndefined', whatIsUndefined(engine.run({ ...run, tracked: true }), error))
}

type Outcome = { readonly value?: unknown; readonly error?: string; readonly missing: readonly string[] }

/** The text comes out of the sandbox: its shape is as good as the prelude's, whose functions no expression reaches. */
function parseAnswer({ json }: { readonly json: string }): Outcome {
  return JSON.parse(json) as Outcome
}

/**
 * A missing field turns into the word `undefined` as soon as it meets a string. The word counts as a sign of that
 * where nothing that went in holds it.
 */
function mayHoldUndefined(value: unknown, input: unknown, expression: string): boolean {
  if (value === undefined || value === null) return true
  const sign = /undefined|\bNaN\b/
  return sign.test(JSON.stringify(value)) && !sign.test(JSON.stringify(input)) && !sign.test(expression)
}

function whatIsUndefined(answer: Answer, error: string | undefined): string {
  const missing = 'json' in answer ? [...new Set(parseAnswer(answer).missing)] : []
  if (missing.length > 1) return `one of ${missing.slice(0, 5).join(', ')} is undefined`
  if (missing.length === 1) return `${missing[0]} is undefined`
  return error ?? 'the value is undefined'
}

function limitReached(error: string): string | undefined {
  if (error === 'InternalError: out of memory' || error === 'InternalError: string too long') {
    return 'it takes more than 8 MiB of memory'
  }
  return /^\w+Error: stack overflow$/.test(error) ? 'it is nested too deeply' : undefined
}

/** Parentheses and brackets each let through what the other does not: `a), (b` and `a], [b`. */
function syntaxError(engine: Engine, expression: string): string | undefined {
  for (const text of [expression, `[\n${expression}\n]`]) {
    const answer = engine.run({ expression: text, variables: [], tracked: false, parseOnly: true })
    if ('syntaxError' in answer) return `Cannot parse ${quote(expression)}: ${oneLine(answer.syntaxError)}`
    if ('limit' in answer) return `Cannot parse ${quote(expression)}: ${oneLine(answer.limit)}`
  }
  return undefined
}

function quote(expression: string): string {
  return JSON.stringify(clip(expression))
}

function oneLine(text: string): string {
  return clip(text.replace(/\s+/g, ' '))
}
