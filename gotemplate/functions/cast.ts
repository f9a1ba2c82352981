// Go's spf13/cast as sprig uses it: any value to a number, 0 where none can be made of it.
import { parseFloat64, parseInt64 } from '../number.ts'
import { Int, type Value } from '../value.ts'

const MIN_INT64 = -(2n ** 63n)
const MAX_INT64 = 2n ** 63n - 1n

export function toInt64(value: Value): bigint {
  switch (typeof value) {
    case 'number':
      return int64FromFloat(value)
    case 'boolean':
      return value ? 1n : 0n
    case 'string':
      return value.length > LONGEST_INTEGER ? 0n : (parseInt64(trimZeroDecimals(value)) ?? 0n)
    default:
      return value instanceof Int && isPlain(value) ? BigInt.asIntN(64, value.value) : 0n
  }
}

/** No text that is longer is worth the time: only zeros and underscores could make it a number. */
const LONGEST_INTEGER = 4096

export function toFloat64(value: Value): number {
  switch (typeof value) {
    case 'number':
      return value
    case 'boolean':
      return value ? 1 : 0
    case 'string':
      return value.length > LONGEST_INTEGER ? 0 : (parseFloat64(value) ?? 0)
    default:
      return value instanceof Int && isPlain(value) ? Number(value.value) : 0
  }
}

// cast knows the basic types by name, and of the named ones two of package time.
function isPlain(value: Int): boolean {
  const { kind, name } = value.type
  return (kind === name && kind !== 'uintptr') || name === 'time.Month' || name === 'time.Weekday'
}

/** Go's conversion on amd64: what does not fit is the smallest int64. */
export function int64FromFloat(value: number): bigint {
  return value >= -(2 ** 63) && value < 2 ** 63 ? BigInt(Math.trunc(value)) : MIN_INT64
}

// "1.0" counts as 1, "1.5" as no integer: cut at the last dot that has only zeros, at least one, behind it.
function trimZeroDecimals(text: string): string {
  const tail = /[.0]*$/.exec(text) as RegExpExecArray
  const zero = tail[0].lastIndexOf('0')
  const dot = zero < 0 ? -1 : tail[0].lastIndexOf('.', zero)
  return dot < 0 ? text : text.slice(0, tail.index + dot)
}

/**
 * Go's strconv.ParseInt to 64 bits, errors dropped: 0 for bad syntax, the nearest bound when out of range.
 */
export function parseIntOrBound(text: string, base: 8 | 10): bigint {
  const match = (base === 8 ? /^([+-]?)0*([0-7]*)$/ : /^([+-]?)0*([0-9]*)$/).exec(text)
  if (match === null || !/[0-9]/.test(text)) return 0n
  const digits = match[2] || '0'
  const bound = match[1] === '-' ? MIN_INT64 : MAX_INT64
  if (digits.length > 22) return bound
  const magnitude = BigInt(base === 8 ? `0o${digits}` : digits)
  const value = match[1] === '-' ? -magnitude : magnitude
  return BigInt.asIntN(64, value) === value ? value : bound
}
