// All that comes from the CEL library: its parser, its type check, and its operations on single values.
//
// Its evaluator is not used on what a tool answers: it cannot be bounded. It absorbs any error in `all`, `||` and so
// on, and keeps for ever a type for each shape of nested lists and maps that it has met.
import { type ASTNode, Environment } from '@marcbachmann/cel-js'
import { Fault, type Spend, textUnits } from './meter.ts'
import { isList, isMap } from './value.ts'

const mostCharacters = 4096
const limits = { maxAstNodes: 1000, maxDepth: 64 } as const

const environment = new Environment({ unlistedVariablesAreDyn: true, limits })

/** Throws an Error, whose first line says why, for a text that is no expression of these types, or is too long. */
export function parse(text: string): { readonly ast: ASTNode; readonly type: string } {
  if (text.length > mostCharacters) throw new Error(`it has more than ${mostCharacters} characters`)
  let parsed: ReturnType<Environment['parse']>
  try {
    parsed = environment.parse(text)
  } catch (error) {
    throw new Error(explain(error), { cause: error })
  }
  const { valid, type = 'dyn', error } = parsed.check()
  if (!valid) throw error
  return { ast: parsed.ast, type }
}

function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  if (message.startsWith('Exceeded maxAstNodes')) return `it has more than ${limits.maxAstNodes} operations`
  if (message.startsWith('Exceeded maxDepth')) return `it is nested more than ${limits.maxDepth} deep`
  return message
}

/** What the names of types stand for: `type(x) == int`. */
export const typeNames: ReadonlySet<string> = new Set([
  'bool',
  'bytes',
  'double',
  'google',
  'int',
  'list',
  'map',
  'null_type',
  'string',
  'type',
  'uint',
])

export function typeNamed(name: string): unknown {
  return environment.evaluate(name)
}

const unitsOfOperation = 10
/** The library draws a picture for each of its errors. */
const unitsOfError = 100

/** An operation of the library on single values, such as `a - b` or `a.trim()`; `name` is for the message. */
export function libraryOperation(
  text: string,
  name: string,
): (spend: Spend, a: unknown, b?: unknown, c?: unknown) => unknown {
  const evaluate = environment.parse(text)
  return (spend, a, b, c) => {
    spend(unitsOfOperation)
    for (const value of [a, b, c]) {
      if (isList(value) || isMap(value)) throw new Fault(`${name} is not for lists and maps`)
      if (isText(value)) spend(textUnits(value))
    }
    let result: unknown
    try {
      result = evaluate({ a, b, c })
    } catch {
      spend(unitsOfError)
      throw new Fault(`${name} does not take these values`)
    }
    if (isText(result)) spend(textUnits(result))
    if (isList(result)) spend(result.length)
    return result
  }
}

function isText(value: unknown): value is string | Uint8Array {
  return typeof value === 'string' || value instanceof Uint8Array
}
