// CEL expressions of classes, parsed once and evaluated over plain values. Spec: resources.md, "HTTP probe".
import { Environment } from '@marcbachmann/cel-js'
import { ConnectorsError } from './errors.ts'

const environment = new Environment({ unlistedVariablesAreDyn: true })

/** Evaluates to true, to false, or throws INVALID for what is no boolean or fails on these values. */
export type Predicate = (variables: Readonly<Record<string, unknown>>) => boolean

/** `field` names where the expression stands, for the error. */
export function parsePredicate(expression: string, field: string): Predicate {
  const refuse = (why: unknown) =>
    new ConnectorsError('INVALID', 'ExpressionInvalid', `Cannot evaluate ${field} as CEL: ${firstLine(why)}`)
  let evaluate: (variables: Record<string, unknown>) => unknown
  try {
    evaluate = environment.parse(expression)
  } catch (error) {
    throw refuse(error)
  }
  return variables => {
    let result: unknown
    try {
      result = evaluate({ ...variables })
    } catch (error) {
      throw refuse(error)
    }
    if (typeof result !== 'boolean') throw refuse('its result is not a boolean')
    return result
  }
}

function firstLine(why: unknown): string {
  const text = why instanceof Error ? why.message : String(why)
  return text.split('\n', 1)[0] ?? ''
}
