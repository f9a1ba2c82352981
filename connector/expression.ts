// CEL expressions of classes, parsed once and evaluated over plain values. Spec: resources.md, "HTTP probe".
import { type ASTNode, Environment, serialize } from '@marcbachmann/cel-js'
import { RE2JS } from 're2js'
import { ConnectorsError } from './errors.ts'

/**
 * The library's own `matches` runs on JavaScript's regular expressions, which a short pattern can hold up for ever
 * on an answer of the tool's choosing. CEL means RE2: calls of it are renamed to this one.
 */
const linearMatches = 'matchesInLinearTime'

const environment = new Environment({ unlistedVariablesAreDyn: true }).registerFunction(
  `string.${linearMatches}(string): bool`,
  (text: string, pattern: string) => RE2JS.compile(pattern).matcher(text).find(),
)

/** Evaluates to true, to false, or throws INVALID for what is no boolean or fails on these values. */
export type Predicate = (variables: Readonly<Record<string, unknown>>) => boolean

/** `field` names where the expression stands, for the error. */
export function parsePredicate(expression: string, field: string): Predicate {
  const refuse = (why: unknown) =>
    new ConnectorsError('INVALID', 'ExpressionInvalid', `Cannot evaluate ${field} as CEL: ${firstLine(why)}`)
  let evaluate: (variables: Record<string, unknown>) => unknown
  try {
    const { ast } = environment.parse(expression)
    renameMatches(ast)
    evaluate = environment.parse(serialize(ast))
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

function renameMatches(node: unknown): void {
  if (Array.isArray(node)) for (const part of node) renameMatches(part)
  if (!isNode(node)) return
  if (node.op === 'rcall' && node.args[0] === 'matches') {
    ;(node.args as unknown[])[0] = linearMatches
  }
  renameMatches(node.args)
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value
}

function firstLine(why: unknown): string {
  const text = why instanceof Error ? why.message : String(why)
  return text.split('\n', 1)[0] ?? ''
}
