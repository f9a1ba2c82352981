// Floats as strconv.FormatFloat writes them: shortest digits, or exactly rounded (half to even) to a precision.

export type FloatVerb = 'b' | 'e' | 'E' | 'f' | 'g' | 'G' | 'x' | 'X'

interface Decimal {
  /** Without leading or trailing zeros; empty for 0. */
  readonly digits: string
  /** The value is 0.digits times ten to this. */
  readonly point: number
}

/** `precision` -1 asks for the fewest digits that read back as the same float. */
export function formatFloat(value: number, verb: FloatVerb, precision: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  return sign + formatMagnitude(Math.abs(value), verb, precision)
}

/** What %v prints. */
export function formatShortest(value: number): string {
  const magnitude = Math.abs(value)
  // Here JavaScript's notation and Go's %g agree.
  if (magnitude >= 1e-4 && magnitude < 1e6) return String(value)
  return formatFloat(value, 'g', -1)
}

function formatMagnitude(value: number, verb: FloatVerb, precision: number): string {
  switch (verb) {
    case 'b':
      return binary(value)
    case 'x':
    case 'X': {
      const text = hexadecimal(value, precision)
      return verb === 'X' ? text.toUpperCase() : text
    }
    case 'f': {
      if (precision < 0) {
        const decimal = shortest(value)
        return fixed(decimal, Math.max(decimal.digits.length - decimal.point, 0))
      }
      const text = toFixed(value, precision)
      if (text !== undefined) return text
      const exact = expand(value)
      return fixed(round(exact, exact.point + precision), precision)
    }
    case 'e':
    case 'E': {
      const decimal = precision < 0 ? shortest(value) : round(expand(value), precision + 1)
      const places = precision < 0 ? Math.max(decimal.digits.length - 1, 0) : precision
      return scientific(decimal, places, verb)
    }
    default:
      return general(value, verb === 'g' ? 'e' : 'E', precision)
  }
}

/** JavaScript's, which is exact too but rounds halves up: undefined where the value could be a half. */
function toFixed(value: number, precision: number): string | undefined {
  if (precision > 20 || value >= 1e21) return undefined
  const longer = value.toFixed(precision + 1)
  return longer.endsWith('5') && Number(longer) === value ? undefined : value.toFixed(precision)
}

function general(value: number, letter: 'e' | 'E', precision: number): string {
  const wanted = precision === 0 ? 1 : precision
  const decimal = precision < 0 ? shortest(value) : round(expand(value), wanted)
  const count = decimal.digits.length
  let limit = wanted
  if (limit > count && count >= decimal.point) limit = count
  if (precision < 0) limit = 6
  const exponent = decimal.point - 1
  if (count > 0 && (exponent < -4 || exponent >= limit)) return scientific(decimal, count - 1, letter)
  return fixed(decimal, Math.max(count - decimal.point, 0))
}

function shortest(value: number): Decimal {
  if (value === 0) return { digits: '', point: 0 }
  const [mantissa = '', exponent = ''] = value.toExponential().split('e')
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 }
}

/** All digits of the float's exact value, at most 767. */
function expand(value: number): Decimal {
  if (value === 0) return { digits: '', point: 0 }
  const [mantissa, exponent] = split(value)
  if (exponent >= 0) return trimmed((mantissa << BigInt(exponent)).toString(), 0)
  return trimmed((mantissa * 5n ** BigInt(-exponent)).toString(), exponent)
}

/** `digits` times ten to `scale`. */
function trimmed(digits: string, scale: number): Decimal {
  const point = digits.length + scale
  let end = digits.length
  while (end > 0 && digits[end - 1] === '0') end--
  return { digits: digits.slice(0, end), point: end === 0 ? 0 : point }
}

const view = new DataView(new ArrayBuffer(8))

/** The value is mantissa times two to the exponent. */
function split(value: number): [mantissa: bigint, exponent: number] {
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const exponent = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  return exponent === 0 ? [fraction, -1074] : [fraction | (1n << 52n), exponent - 1075]
}

/** To `count` digits, half to even. */
function round(decimal: Decimal, count: number): Decimal {
  const { digits, point } = decimal
  if (count >= digits.length) return decimal
  if (count < 0) return { digits: '', point: 0 }
  const kept = digits.slice(0, count)
  const next = digits.charCodeAt(count) - 48
  const isHalf = next === 5 && count + 1 === digits.length
  const isOdd = count > 0 && (digits.charCodeAt(count - 1) & 1) === 1
  if (isHalf ? !isOdd : next < 5) return trimmed(kept === '' ? '0' : kept, point - count)
  const raised = (BigInt(kept === '' ? '0' : kept) + 1n).toString()
  return trimmed(raised, point - count)
}

function scientific({ digits, point }: Decimal, places: number, letter: 'e' | 'E'): string {
  const head = digits === '' ? '0' : digits[0]
  const tail = places > 0 ? `.${digits.slice(1).padEnd(places, '0')}` : ''
  const exponent = digits === '' ? 0 : point - 1
  const sign = exponent < 0 ? '-' : '+'
  return `${head}${tail}${letter}${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
}

function fixed({ digits, point }: Decimal, places: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0'
  if (places <= 0) return whole
  const fraction = point >= 0 ? digits.slice(point) : '0'.repeat(Math.min(-point, places)) + digits
  return `${whole}.${fraction.padEnd(places, '0')}`
}

function binary(value: number): string {
  const [mantissa, exponent] = split(value)
  return `${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`
}

function hexadecimal(value: number, precision: number): string {
  if (value === 0) return `0x0${precision > 0 ? `.${'0'.repeat(precision)}` : ''}p+00`
  let [mantissa, exponent] = split(value)
  while (mantissa < 1n << 52n) {
    mantissa <<= 1n
    exponent--
  }
  exponent += 52
  if (precision >= 0 && precision < 13) {
    const drop = BigInt((13 - precision) * 4)
    const rest = mantissa & ((1n << drop) - 1n)
    const half = 1n << (drop - 1n)
    mantissa >>= drop
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa++
    mantissa <<= drop
    if (mantissa >= 1n << 53n) {
      mantissa >>= 1n
      exponent++
    }
  }
  let fraction = mantissa.toString(16).slice(1)
  fraction = precision < 0 ? fraction.replace(/0+$/, '') : fraction.slice(0, precision).padEnd(precision, '0')
  const sign = exponent < 0 ? '-' : '+'
  return `0x1${fraction === '' ? '' : `.${fraction}`}p${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
}
