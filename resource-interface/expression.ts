// The value of a string that may hold expressions, and what such a string mentions.
import { scanCode } from './code.ts'
import type { ProblemReason } from './problem.ts'
import { nameOfType } from './reader.ts'
import type { Evaluator, Variables } from './sandbox.ts'
import { parseTemplate, type Template } from './template.ts'

export type Fault = { readonly reason: ProblemReason; readonly message: string }

export type TextValue = { readonly value: unknown } | Fault

export function templateOf(text: string, evaluator: Evaluator): Template {
  return parseTemplate(text, candidate => evaluator.syntaxError(candidate) === undefined)
}

/** One expression and nothing else keeps the type of its value; with text around it there must be text in it. */
export function evaluateText(
  text: string,
  options: { readonly variables: Variables; readonly evaluator: Evaluator },
): TextValue {
  const template = templateOf(text, options.evaluator)
  if ('error' in template) return { reason: 'ExpressionInvalid', message: template.error }
  const alone = template.parts.length === 1
  let whole = ''
  for (const part of template.parts) {
    if ('text' in part) {
      whole += part.text
      continue
    }
    const evaluation = options.evaluator.evaluate(part.expression, options.variables)
    if ('reason' in evaluation || alone) return evaluation
    const { value } = evaluation
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      const message = `Cannot put ${nameOfType(value)} into text: ${JSON.stringify(part.expression)}`
      return { reason: 'InvalidType', message }
    }
    whole += value
  }
  return { value: whole }
}

/** What is wrong with a text before it is evaluated: expressions that do not parse, params that do not exist. */
export function textFaults(
  text: string,
  options: { readonly params: readonly string[]; readonly evaluator: Evaluator },
): readonly Fault[] {
  const template = templateOf(text, options.evaluator)
  if ('error' in template) return [{ reason: 'ExpressionInvalid', message: template.error }]
  return template.parts.flatMap((part): Fault[] => {
    if ('text' in part) return []
    const message = options.evaluator.syntaxError(part.expression)
    if (message !== undefined) return [{ reason: 'ExpressionInvalid', message }]
    return paramsIn(part.expression)
      .filter(name => !options.params.includes(name))
      .map(name => ({ reason: 'UnknownReference', message: `no param is named ${JSON.stringify(name)}` }))
  })
}

const maxExpressions = 256

/** A limit for all expressions of a definition: each may take its time. */
export function countFault(texts: readonly string[], evaluator: Evaluator): Fault | undefined {
  const count = texts
    .map(text => templateOf(text, evaluator))
    .flatMap(template => ('error' in template ? [] : template.parts))
    .filter(part => 'expression' in part).length
  if (count <= maxExpressions) return undefined
  return { reason: 'Invalid', message: `must not hold more than ${maxExpressions} expressions: has ${count}` }
}

/** The params that a text mentions. */
export function paramsOf(text: string, evaluator: Evaluator): readonly string[] {
  const template = templateOf(text, evaluator)
  if ('error' in template) return []
  return template.parts.flatMap(part => ('text' in part ? [] : paramsIn(part.expression)))
}

const mention = /(?<![\w$.])params\s*(?:(?:\?\s*)?\.\s*([A-Za-z_$][\w$]*)|(?:\?\.\s*)?\[\s*(['"]))?/g

/** Empty where `params` is used in a way that does not tell, such as a function's own variable of that name. */
function paramsIn(expression: string): readonly string[] {
  const bare = scanCode(`${expression}\n}`, 0)?.bare
  if (bare === undefined) return []
  const names: string[] = []
  for (const found of bare.matchAll(mention)) {
    const [all, dotted, quote] = found
    if (dotted !== undefined) names.push(dotted)
    else if (quote === undefined) return []
    else {
      const start = found.index + all.length
      const end = bare.indexOf(quote, start)
      names.push(expression.slice(start, end))
    }
  }
  return [...new Set(names)]
}
