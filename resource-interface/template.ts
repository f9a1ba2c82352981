// Strings with expressions in them: `text {expression} text`, and the older `$(connector.name)` and `$(params.x[*])`.
import { type Code, scanCode } from './code.ts'

export type Part = { readonly text: string } | { readonly expression: string }

export type Template = { readonly parts: readonly Part[] } | { readonly error: string }

/** Tells whether the engine's parser takes a text as one expression; asked only where a scan leaves doubt. */
export type IsExpression = (text: string) => boolean

const maxLength = 16_384
/** Ends that are tried where the scan alone does not say which brace closes an expression. */
const maxCandidates = 64

/**
 * `{` opens an expression. It is text where none can begin: before `}` and before `"name":`, so that JSON may be
 * written as it is; expressions in its strings count. Any other brace is written `{'{'}`. A `}` by itself is text.
 */
export function parseTemplate(template: string, isExpression: IsExpression): Template {
  if (template.length > maxLength && opening.test(template)) {
    return { error: `the text is longer than ${maxLength} characters` }
  }
  const parts: Part[] = []
  let text = ''
  const push = (expression: string) => {
    if (text !== '') parts.push({ text })
    text = ''
    parts.push({ expression })
  }
  for (let at = 0; at < template.length; ) {
    const older = olderReference(template, at)
    if (older) {
      push(older.expression)
      at = older.end
      continue
    }
    if (template[at] !== '{' || !opensExpression(template, at)) {
      text += template[at]
      at++
      continue
    }
    const end = endOfExpression(template, at + 1, isExpression)
    if (end === undefined) return { error: `the brace at character ${at + 1} is not closed` }
    const expression = template.slice(at + 1, end).trim()
    if (expression === '') return { error: `the expression at character ${at + 1} is empty` }
    push(expression)
    at = end + 1
  }
  if (text !== '' || parts.length === 0) parts.push({ text })
  return { parts }
}

const opening = /[{$]/
const jsonObject = /\{(?:\s*"(?:[^"\\]|\\.)*"\s*:|\})/y

function opensExpression(template: string, at: number): boolean {
  jsonObject.lastIndex = at
  return !jsonObject.test(template)
}

/** The index of the brace that closes the expression which starts at `start`. */
export function endOfExpression(
  template: string,
  start: number,
  isExpression: IsExpression,
): number | undefined {
  const scanned: Code | undefined = scanCode(template, start)
  if (scanned && (!scanned.doubtful || isExpression(template.slice(start, scanned.end)))) return scanned.end
  let end = template.indexOf('}', start)
  for (let tried = 0; end !== -1 && tried < maxCandidates; tried++) {
    if (isExpression(template.slice(start, end))) return end
    end = template.indexOf('}', end + 1)
  }
  return scanned?.end
}

const olderForm =
  /\$\((connectors|(?:connector|params)(?:\.[\w$-]+|\[\d+\]|\[\*\]|\["[^"\\\]]+"\]|\['[^'\\\]]+'\])+)\)/y
const olderStep = /\.([\w$-]+)|\[(\d+)\]|\[(\*)\]|\["([^"]+)"\]|\['([^']+)'\]/g

/** Other `$(...)` are Tekton's own and stay as they are. */
function olderReference(template: string, at: number): { expression: string; end: number } | undefined {
  if (template[at] !== '$') return undefined
  olderForm.lastIndex = at
  const path = olderForm.exec(template)?.[1]
  if (path === undefined) return undefined
  const root = path.startsWith('params') ? 'params' : path === 'connectors' ? path : 'connector'
  const steps = [...path.slice(root.length).matchAll(olderStep)].map(step => step.slice(1))
  const names = steps.map(([dotted, index, , double, single]) => dotted ?? index ?? double ?? single)
  const short = root === 'connector' && (names[0] === 'name' || names[0] === 'namespace') ? '.metadata' : ''
  const access = names.map(name => (name === undefined ? '' : accessTo(name))).join('')
  return { expression: `${root}${short}${access}`, end: olderForm.lastIndex }
}

function accessTo(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
}
