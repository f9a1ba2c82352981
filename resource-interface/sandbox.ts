// Evaluates JavaScript expressions of others' writing, and says in one line what is wrong with one.
import { Engine } from './engine.ts'
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

type Reason = Extract<Evaluation, { reason: string }>['reason']

function evaluate(engine: Engine, expression: string, variables: Variables): Evaluation {
  const names = Object.keys(variables)
  const run = { expression, names, input: JSON.stringify(names.map(name => variables[name])) }
  const answer = engine.run(run)
  const refuse = (reason: Reason, why: string) => ({
    reason,
    message: `Cannot evaluate ${quote(expression)}: ${oneLine(why)}`,
  })
  if ('limit' in answer) return refuse('ExpressionLimit', answer.limit)
  if ('syntaxError' in answer) return refuse('ExpressionInvalid', answer.syntaxError)
  if ('error' in answer) {
    const { name, message } = answer.error
    if (!/is not defined$| of (undefined|null)$/.test(message)) {
      return refuse('ExpressionFailed', `${name}: ${message}`)
    }
    return refuse('ExpressionUndefined', whatIsUndefined(engine.missing(run), message))
  }
  const { value, type } = answer
  if (['function', 'symbol', 'promise'].includes(type) || (type === 'number' && value === null)) {
    return refuse(
      'ExpressionFailed',
      type === 'number' ? 'the value is no finite number' : `the value is a ${type}`,
    )
  }
  if (value === undefined || value === null) {
    return refuse('ExpressionUndefined', whatIsUndefined(engine.missing(run), `the value is ${value}`))
  }
  if (!mayHoldUndefined(value, run.input, expression)) return { value }
  const missing = engine.missing(run)
  return missing.length === 0 ? { value } : refuse('ExpressionUndefined', whatIsUndefined(missing, ''))
}

/**
 * A missing field turns into the word `undefined` as soon as it meets a string, and into null inside of a list. Such a
 * word is a sign of that where nothing that went in holds it; whether a field was missing is then looked at more closely.
 */
function mayHoldUndefined(value: unknown, input: string, expression: string): boolean {
  const text = JSON.stringify(value)
  return [/undefined/, /\bNaN\b/, /\bnull\b/].some(
    sign => sign.test(text) && !sign.test(input) && !sign.test(expression),
  )
}

function whatIsUndefined(paths: readonly string[], otherwise: string): string {
  const missing = [...new Set(paths)]
  if (missing.length > 1) return `one of ${missing.slice(0, 5).join(', ')} is undefined`
  return missing.length === 1 ? `${missing[0]} is undefined` : otherwise
}

function syntaxError(engine: Engine, expression: string): string | undefined {
  const answer = engine.syntaxError({ expression, names: [], input: '' })
  if (!answer) return undefined
  const why =
    'syntaxError' in answer ? answer.syntaxError : 'limit' in answer ? answer.limit : 'it does not parse'
  return `Cannot parse ${quote(expression)}: ${oneLine(why)}`
}

function quote(expression: string): string {
  return JSON.stringify(clip(expression))
}

function oneLine(text: string): string {
  return clip(text.replace(/\s+/g, ' '))
}
