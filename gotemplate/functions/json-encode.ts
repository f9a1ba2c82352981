// JSON text as Go's encoding/json writes it.
import type { Call } from '../function.ts'
import type { JsonTree } from './json-tree.ts'

export interface JsonOptions {
  /** Escape `<`, `>` and `&`. */
  readonly html: boolean
  /** Two blanks a level, every element on its line. */
  readonly pretty: boolean
}

export function encodeJson(call: Call, tree: JsonTree, options: JsonOptions, depth = 0): string {
  if (tree === null || typeof tree === 'boolean') return `${tree}`
  if (typeof tree === 'string') return charged(call, encodeText(tree, options.html))
  if (tree.kind === 'number') return tree.text
  const inner = (part: JsonTree): string => encodeJson(call, part, options, depth + 1)
  if (tree.kind === 'list') return enclosed(call, '[]', tree.items.map(inner), options, depth)
  const colon = options.pretty ? ': ' : ':'
  const pairs = tree.entries.map(([key, value]) => encodeText(key, options.html) + colon + inner(value))
  return enclosed(call, '{}', pairs, options, depth)
}

function enclosed(
  call: Call,
  marks: '[]' | '{}',
  parts: readonly string[],
  options: JsonOptions,
  depth: number,
): string {
  if (parts.length === 0) return marks
  if (!options.pretty) return charged(call, marks[0] + parts.join(',') + marks[1])
  call.allocate(parts.length * 2 * (depth + 2))
  const newline = `\n${'  '.repeat(depth)}`
  return charged(call, `${marks[0]}${newline}  ${parts.join(`,${newline}  `)}${newline}${marks[1]}`)
}

function charged(call: Call, text: string): string {
  call.allocate(text.length)
  return text
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

export function encodeText(text: string, html: boolean): string {
  // The two line separators would end a line of JavaScript; Go escapes them with or without HTML.
  const special = html ? /["\\\0-\x1f\u2028\u2029<>&]|\p{Cs}/gu : /["\\\0-\x1f\u2028\u2029]|\p{Cs}/gu
  const escaped = text.replace(
    special,
    character => ESCAPES[character] ?? unicodeEscape(character.charCodeAt(0)),
  )
  return `"${escaped}"`
}

/** A byte that is no UTF-8 is U+FFFD, escaped where a real one would stand as it is. */
function unicodeEscape(code: number): string {
  return code >= 0xd800 && code <= 0xdfff ? '\\ufffd' : `\\u${code.toString(16).padStart(4, '0')}`
}
