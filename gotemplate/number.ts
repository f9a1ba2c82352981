// Numbers as Go reads them: strconv.ParseInt, ParseUint (base 0, that is with prefixes) and ParseFloat.

const minInt64 = -(1n << 63n)
const maxInt64 = (1n << 63n) - 1n
const maxUint64 = (1n << 64n) - 1n

/** strconv.ParseUint(text, 0, 64); undefined on any error. */
export function parseUint(text: string): bigint | undefined {
  const value = parseMagnitude(text)
  return value === undefined || value > maxUint64 ? undefined : value
}

/** strconv.ParseInt(text, 0, 64); undefined on any error. */
export function parseInt64(text: string): bigint | undefined {
  const signed = text[0] === '+' || text[0] === '-'
  const magnitude = parseMagnitude(signed ? text.slice(1) : text)
  if (magnitude === undefined) return undefined
  const value = text[0] === '-' ? -magnitude : magnitude
  return value < minInt64 || value > maxInt64 ? undefined : value
}

function parseMagnitude(text: string): bigint | undefined {
  const digits = text.replaceAll('_', '')
  if (digits !== text && !underscoresOk(text)) return undefined
  if (/^0[xX][0-9a-fA-F]+$|^0[oO][0-7]+$|^0[bB][01]+$/.test(digits)) return BigInt(digits.toLowerCase())
  if (/^0[0-7]+$/.test(digits)) return BigInt(`0o${digits.slice(1)}`)
  return /^(0|[1-9][0-9]*)$/.test(digits) ? BigInt(digits) : undefined
}

/** Underscores stand only between digits, a base prefix counting as one. */
function underscoresOk(text: string): boolean {
  const unsigned = text.replace(/^[+-]/, '')
  const prefix = /^0[xXoObB]/.exec(unsigned)?.[0] ?? ''
  let previous = prefix === '' ? '' : '0'
  const isHex = prefix.toLowerCase() === '0x'
  for (const character of unsigned.slice(prefix.length)) {
    const isDigit = (isHex ? /[0-9a-fA-F]/ : /[0-9]/).test(character)
    if (character === '_' ? previous !== '0' : !isDigit && previous === '_') return false
    previous = character === '_' ? '_' : isDigit ? '0' : '!'
  }
  return previous !== '_'
}

/** strconv.ParseFloat(text, 64); undefined on any error, so also beyond the range. */
export function parseFloat64(text: string): number | undefined {
  const value = parseFloatOrInfinity(text)
  return value !== undefined && !Number.isFinite(value) && !/^[+-]?(inf|infinity|nan)$/i.test(text)
    ? undefined
    : value
}

function parseFloatOrInfinity(text: string): number | undefined {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text)
  if (special !== null) {
    if (special[2]?.toLowerCase() === 'nan') return special[1] === '' ? Number.NaN : undefined
    return special[1] === '-' ? -Infinity : Infinity
  }
  const digits = text.replaceAll('_', '')
  if (digits !== text && !underscoresOk(text)) return undefined
  if (/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(digits)) return Number(digits)
  const hex = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?[0-9]+)$/.exec(digits)
  if (hex === null) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = ''] = hex
  if (whole === '' && fraction === '') return undefined
  const magnitude = scale(BigInt(`0x${whole}${fraction}`), Number(exponent) - 4 * fraction.length)
  return sign === '-' ? -magnitude : magnitude
}

/** mantissa times two to the exponent, rounded once, half to even. */
function scale(mantissa: bigint, exponent: number): number {
  if (mantissa === 0n) return 0
  const size = mantissa.toString(2).length
  // The place of the lowest bit that a float64 of this size has.
  const lowest = Math.max(size + exponent - 53, -1074)
  if (size + exponent > 1024) return Infinity
  if (lowest <= exponent)
    return Number(mantissa) * 2 ** Math.trunc(exponent / 2) * 2 ** (exponent - Math.trunc(exponent / 2))
  const drop = BigInt(lowest - exponent)
  if (lowest - exponent > size + 1) return 0
  const rest = mantissa & ((1n << drop) - 1n)
  const half = 1n << (drop - 1n)
  let kept = mantissa >> drop
  if (rest > half || (rest === half && (kept & 1n) === 1n)) kept++
  const first = Math.trunc(lowest / 2)
  return Number(kept) * 2 ** first * 2 ** (lowest - first)
}
