// How a scalar may be written, from looking at all of its characters.
import { byteLength } from '../../bytes.ts'

/** In bytes; a longer key is written behind a question mark. */
const LONGEST_SIMPLE_KEY = 128

export type Style = 'plain' | 'single' | 'double' | 'literal'

/** What may be done with a scalar, from looking at all of its characters. */
interface Analysis {
  readonly isMultiline: boolean
  readonly allowsPlain: boolean
  readonly allowsSingle: boolean
  readonly allowsBlock: boolean
}

const BREAKS: ReadonlySet<string> = new Set(['\n', '\r', '\u0085', '\u2028', '\u2029'])

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t'
}

export function isBreak(character: string | undefined): boolean {
  return character !== undefined && BREAKS.has(character)
}

/** Go's idea: the basic plane without controls; a tab is none either. */
export function isPrintable(character: string): boolean {
  return /^[\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]$/.test(character)
}

function analyze(characters: readonly string[]): Analysis {
  if (characters.length === 0) {
    return { isMultiline: false, allowsPlain: true, allowsSingle: true, allowsBlock: false }
  }
  const first = characters[0]
  const last = characters.at(-1)
  const text = characters.slice(0, 3).join('')
  let hasIndicator = text === '---' || text === '...'
  let isMultiline = false
  let isSpecial = false
  let spaceThenBreak = false
  let breakThenSpace = false
  for (const [i, character] of characters.entries()) {
    const previous = characters[i - 1]
    const next = characters[i + 1]
    const isBeforeBlank = next === undefined || isBlank(next)
    if (i === 0 && /[#,[\]{}&*!|>'"%@`]/.test(character)) hasIndicator = true
    if (i === 0 && /[?:-]/.test(character) && isBeforeBlank) hasIndicator = true
    if (i > 0 && character === ':' && isBeforeBlank) hasIndicator = true
    if (i > 0 && character === '#' && (isBlank(previous) || isBreak(previous) || previous === '\0')) {
      hasIndicator = true
    }
    if (!isPrintable(character)) isSpecial = true
    if (isBreak(character)) {
      isMultiline = true
      if (previous === ' ') spaceThenBreak = true
    } else if (character === ' ' && isBreak(previous)) breakThenSpace = true
  }
  const hasOuterSpace = first === ' ' || last === ' ' || isBreak(first) || isBreak(last)
  const isHopeless = spaceThenBreak || isSpecial
  return {
    isMultiline,
    allowsPlain: !hasOuterSpace && !breakThenSpace && !isHopeless && !isMultiline && !hasIndicator,
    allowsSingle: !breakThenSpace && !isHopeless,
    allowsBlock: last !== ' ' && !isHopeless,
  }
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\u0085': 'N',
  '\u00a0': '_',
  '\u2028': 'L',
  '\u2029': 'P',
}

export function escaped(character: string): string {
  const short = SHORT_ESCAPES[character]
  if (short !== undefined) return `\\${short}`
  const code = character.codePointAt(0) as number
  const [letter, width] = code <= 0xff ? ['x', 2] : code <= 0xffff ? ['u', 4] : ['U', 8]
  return `\\${letter}${code
    .toString(16)
    .toUpperCase()
    .padStart(width as number, '0')}`
}

/** `-`: no line break at the end; `+`: more than one, or nothing else. */
export function chompHint(characters: readonly string[]): '' | '-' | '+' {
  if (!isBreak(characters.at(-1))) return '-'
  return characters.length === 1 || isBreak(characters.at(-2)) ? '+' : ''
}

export function isSimpleKey(key: string): boolean {
  return !analyze(Array.from(key)).isMultiline && byteLength(key) <= LONGEST_SIMPLE_KEY
}

export function chooseStyle(characters: readonly string[], wanted: Style, isKey: boolean): Style {
  const { isMultiline, allowsPlain, allowsSingle, allowsBlock } = analyze(characters)
  let style = isKey && isMultiline ? 'double' : wanted
  if (style === 'plain' && (!allowsPlain || (isKey && characters.length === 0))) style = 'single'
  if (style === 'single' && !allowsSingle) style = 'double'
  if (style === 'literal' && (!allowsBlock || isKey)) style = 'double'
  return style
}
