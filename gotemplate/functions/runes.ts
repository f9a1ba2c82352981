// Case mapping rune by rune, as Go's package unicode does: one rune stays one rune, so ß has no capital.
import { isPrint } from '../unicode.ts'

/** Go's string(runes): what is no character becomes U+FFFD. */
export function textFromRunes(runes: readonly number[]): string {
  let text = ''
  for (const rune of runes) {
    const isValid = rune >= 0 && rune <= 0x10ffff && !isSurrogate(rune)
    text += isValid ? String.fromCodePoint(rune) : '\ufffd'
  }
  return text
}

function isSurrogate(rune: number): boolean {
  return rune >= 0xd800 && rune <= 0xdfff
}

/** JavaScript's mapping if it is one character, and if both are in the version of Unicode that Go knows. */
function mapSingle(rune: number, map: (character: string) => string): number {
  if (isSurrogate(rune)) return rune
  const mapped = map(String.fromCodePoint(rune))
  const first = mapped.codePointAt(0) as number
  if (first === rune || mapped.length !== (first > 0xffff ? 2 : 1)) return rune
  return isPrint(rune) && isPrint(first) ? first : rune
}

export function upperRune(rune: number): number {
  if (rune < 0x80) return rune >= 97 && rune <= 122 ? rune - 32 : rune
  return SIMPLE_UPPER.get(rune) ?? mapSingle(rune, character => character.toUpperCase())
}

export function lowerRune(rune: number): number {
  if (rune < 0x80) return rune >= 65 && rune <= 90 ? rune + 32 : rune
  return rune === 0x130 ? 0x69 : mapSingle(rune, character => character.toLowerCase())
}

// Greek with iota subscript: JavaScript spells the capital out in two characters.
const SIMPLE_UPPER: ReadonlyMap<number, number> = new Map(
  [0x1f80, 0x1f90, 0x1fa0]
    .flatMap(base => [0, 1, 2, 3, 4, 5, 6, 7].map(i => [base + i, base + i + 8] as const))
    .concat([
      [0x1fb3, 0x1fbc],
      [0x1fc3, 0x1fcc],
      [0x1ff3, 0x1ffc],
    ]),
)

/** Go's unicode.ToTitle: the digraphs have a form of their own, Georgian has none. */
export function titleRune(rune: number): number {
  for (const capital of [0x1c4, 0x1c7, 0x1ca, 0x1f1]) {
    if (rune >= capital && rune <= capital + 2) return capital + 1
  }
  const isGeorgian = (rune >= 0x10d0 && rune <= 0x10fa) || (rune >= 0x10fd && rune <= 0x10ff)
  return isGeorgian ? rune : upperRune(rune)
}

export function isUpper(rune: number): boolean {
  return rune < 0x80 ? rune >= 65 && rune <= 90 : isIn(/^\p{Lu}$/u, rune)
}

export function isLower(rune: number): boolean {
  return rune < 0x80 ? rune >= 97 && rune <= 122 : isIn(/^\p{Ll}$/u, rune)
}

export function isTitle(rune: number): boolean {
  return rune >= 0x80 && isIn(/^\p{Lt}$/u, rune)
}

export function isPunctuation(rune: number): boolean {
  return isIn(/^\p{P}$/u, rune)
}

export function isNumber(rune: number): boolean {
  return isIn(/^\p{N}$/u, rune)
}

function isIn(expression: RegExp, rune: number): boolean {
  return expression.test(String.fromCodePoint(rune)) && isPrint(rune)
}
