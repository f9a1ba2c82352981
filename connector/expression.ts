// CEL expressions that are true or false: read once, evaluated over plain values, at a bounded cost.
// Spec: resources.md, "HTTP probe".
import { compile } from './cel/compile.ts'
import { parse } from './cel/library.ts'
import { Fault, mostUnits, OverLimit, startMeter } from './cel/meter.ts'
import { ConnectorsError } from './errors.ts'

/**
 * Evaluates to true or to false. Throws INVALID for what is no boolean or fails on these values, and LIMIT for what
 * takes too much work on them. No message shows a value.
 */
export type Predicate = (variables: Readonly<Record<string, unknown>>) => boolean

export type PredicateOptions = {
  /** Where the expression stands, for the errors. */
  readonly field: string
  /** The names that it may use. */
  readonly variables: readonly string[]
}

/** Throws INVALID for what can be evaluated over no values, and for what is too long. */
export function parsePredicate(expression: string, { field, variables }: PredicateOptions): Predicate {
  const refuse = (why: string) =>
    new ConnectorsError('INVALID', 'ExpressionInvalid', `Cannot evaluate ${field} as CEL: ${why}`)
  let evaluate: ReturnType<typeof compile>
  try {
    const { ast, type } = parse(expression)
    if (type !== 'bool' && !type.startsWith('dyn')) throw new Error(`its result is of type ${type}, not bool`)
    evaluate = compile(ast, { variables, locals: [] })
  } catch (error) {
    throw refuse(firstLine(error))
  }
  return values => {
    let result: unknown
    try {
      result = evaluate({ spend: startMeter(), variables: values, outer: undefined, value: undefined })
    } catch (error) {
      if (error instanceof Fault) throw refuse(error.message)
      if (!(error instanceof OverLimit)) throw error
      const why = `it takes more than ${mostUnits} units of work on these values`
      throw new ConnectorsError('LIMIT', 'ExpressionLimit', `Cannot evaluate ${field} as CEL: ${why}`)
    }
    if (typeof result !== 'boolean') throw refuse('its result is not a boolean')
    return result
  }
}

function firstLine(why: unknown): string {
  const text = why instanceof Error ? why.message : String(why)
  return text.split('\n', 1)[0] ?? ''
}
