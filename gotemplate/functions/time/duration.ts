// Durations as Go prints and reads them: int64 nanoseconds.
import { bytesOf } from '../../bytes.ts'

const SECOND = 1_000_000_000n
const MAX_INT64 = (1n << 63n) - 1n

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['\u00b5s', 1_000n],
  ['\u03bcs', 1_000n],
  ['ms', 1_000_000n],
  ['s', SECOND],
  ['m', 60n * SECOND],
  ['h', 3600n * SECOND],
])

/** `1h2m3.5s`, `1.5ms`, `0s`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s'
  const sign = nanoseconds < 0n ? '-' : ''
  const ns = nanoseconds < 0n ? -nanoseconds : nanoseconds
  if (ns < SECOND) {
    if (ns < 1_000n) return `${sign}${ns}ns`
    if (ns < 1_000_000n) return `${sign}${withFraction(ns, 1_000n)}\u00b5s`
    return `${sign}${withFraction(ns, 1_000_000n)}ms`
  }
  const totalSeconds = ns / SECOND
  const seconds = withFraction(ns % (60n * SECOND), SECOND)
  if (totalSeconds < 60n) return `${sign}${seconds}s`
  const minutes = totalSeconds / 60n
  if (minutes < 60n) return `${sign}${minutes}m${seconds}s`
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}s`
}

function withFraction(value: bigint, unit: bigint): string {
  const digits = unit.toString().length - 1
  const fraction = (value % unit).toString().padStart(digits, '0').replace(/0+$/, '')
  return fraction === '' ? `${value / unit}` : `${value / unit}.${fraction}`
}

/** Nanoseconds of text like `-1.5h30m`, or the text of Go's error. */
export function parseDuration(text: string): bigint | { error: string } {
  const invalid = { error: `time: invalid duration ${quoteForTime(text)}` }
  const negative = text.startsWith('-')
  let rest = negative || text.startsWith('+') ? text.slice(1) : text
  if (rest === '0') return 0n
  if (rest === '') return invalid
  let total = 0n
  while (rest !== '') {
    const number = /^(\d*)(?:\.(\d*))?/.exec(rest) as RegExpExecArray
    const whole = number[1] ?? ''
    const fraction = number[2] ?? ''
    if (whole === '' && fraction === '') return invalid
    rest = rest.slice(number[0].length)
    const name = (/^[^.0-9]*/.exec(rest) as RegExpExecArray)[0]
    if (name === '') return { error: `time: missing unit in duration ${quoteForTime(text)}` }
    const unit = UNITS.get(name)
    if (unit === undefined) {
      return { error: `time: unknown unit ${quoteForTime(name)} in duration ${quoteForTime(text)}` }
    }
    rest = rest.slice(name.length)
    total += BigInt(whole || '0') * unit + fractionOf(fraction, unit)
    if (total > MAX_INT64 + 1n) return invalid
  }
  if (!negative && total > MAX_INT64) return invalid
  return negative ? -total : total
}

// Go multiplies the fraction as a float64 and drops digits beyond int64.
function fractionOf(digits: string, unit: bigint): bigint {
  let kept = 0n
  let scale = 1
  for (const digit of digits) {
    const next = kept * 10n + BigInt(digit)
    if (kept > MAX_INT64 / 10n || next > MAX_INT64) break
    kept = next
    scale *= 10
  }
  return kept === 0n ? 0n : BigInt(Math.trunc(Number(kept) * (Number(unit) / scale)))
}

/** Rounds half away from zero to a multiple of `unit`, saturating like Go. */
export function roundDuration(nanoseconds: bigint, unit: bigint): bigint {
  if (unit <= 0n) return nanoseconds
  const negative = nanoseconds < 0n
  const value = negative ? -nanoseconds : nanoseconds
  const rest = value % unit
  const rounded = rest + rest < unit ? value - rest : value - rest + unit
  if (!negative) return rounded > MAX_INT64 ? MAX_INT64 : rounded
  return -rounded < -MAX_INT64 - 1n ? -MAX_INT64 - 1n : -rounded
}

/** Quoting of package time: every byte beyond printable ASCII as `\xNN`. */
export function quoteForTime(text: string): string {
  let out = '"'
  for (const byte of bytesOf(text)) {
    if (byte >= 0x80 || byte < 0x20) out += `\\x${byte.toString(16).padStart(2, '0')}`
    else if (byte === 0x22 || byte === 0x5c) out += `\\${String.fromCharCode(byte)}`
    else out += String.fromCharCode(byte)
  }
  return `${out}"`
}
