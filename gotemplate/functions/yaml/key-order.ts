// The order in which go-yaml sorts keys: numbers inside by their value, letters behind everything else.
import { runesOf } from '../../bytes.ts'
import { isDigit, isLetter } from '../../unicode.ts'

export function compareKeys(a: string, b: string): number {
  const left = runesOf(a)
  const right = runesOf(b)
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i] !== right[i]) return comparePlaces(left, right, i)
  }
  return left.length - right.length
}

function comparePlaces(a: readonly number[], b: readonly number[], at: number): number {
  const x = a[at] as number
  const y = b[at] as number
  const xIsLetter = isLetter(x)
  const yIsLetter = isLetter(y)
  if (xIsLetter && yIsLetter) return x - y
  if (xIsLetter || yIsLetter) return yIsLetter ? -1 : 1
  // Behind a digit that counts, a zero counts as well: 10 and 1a are not 1 and 1.
  const lead = (x === 0x30 || y === 0x30) && followsNonZero(a, at) ? 1n : 0n
  const left = numberAt(a, at, lead)
  const right = numberAt(b, at, lead)
  if (left.value !== right.value) return left.value < right.value ? -1 : 1
  return left.end !== right.end ? left.end - right.end : x - y
}

function followsNonZero(runes: readonly number[], at: number): boolean {
  for (let i = at - 1; i >= 0 && isDigit(runes[i] as number); i--) if (runes[i] !== 0x30) return true
  return false
}

function numberAt(runes: readonly number[], at: number, lead: bigint): { value: bigint; end: number } {
  let value = lead
  let end = at
  for (; end < runes.length && isDigit(runes[end] as number); end++) {
    value = BigInt.asIntN(64, value * 10n + BigInt((runes[end] as number) - 0x30))
  }
  return { value, end }
}
