// Exact decimal arithmetic between floats, as sprig does with shopspring/decimal: 0.1 + 0.2 is 0.3.
import { FunctionError } from '../function.ts'

/** `coefficient * 10^exponent`. */
interface Decimal {
  readonly coefficient: bigint
  readonly exponent: number
}

/** Digits after the point of a quotient. */
const DIVISION_PRECISION = 16

type Operation = 'add' | 'subtract' | 'multiply' | 'divide'

/** Folds the operation over the operands and gives the nearest float. */
export function applyDecimal(operation: Operation, first: number, rest: readonly number[]): number {
  let result = decimalFromFloat(first)
  for (const operand of rest) result = OPERATIONS[operation](result, decimalFromFloat(operand))
  return Number(`${result.coefficient}e${result.exponent}`)
}

const OPERATIONS: Readonly<Record<Operation, (a: Decimal, b: Decimal) => Decimal>> = {
  add,
  subtract: (a, b) => add(a, { coefficient: -b.coefficient, exponent: b.exponent }),
  multiply: (a, b) => ({
    coefficient: a.coefficient * b.coefficient,
    exponent: a.exponent + b.exponent,
  }),
  divide,
}

function decimalFromFloat(value: number): Decimal {
  if (!Number.isFinite(value)) {
    const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
    throw new FunctionError(`Cannot create a Decimal from ${name}`)
  }
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  return { coefficient: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length }
}

function rescale(value: Decimal, exponent: number): bigint {
  return value.coefficient * 10n ** BigInt(value.exponent - exponent)
}

function add(a: Decimal, b: Decimal): Decimal {
  const exponent = Math.min(a.exponent, b.exponent)
  return { coefficient: rescale(a, exponent) + rescale(b, exponent), exponent }
}

// Truncates to the precision, then steps away from zero when at least half a unit was cut.
function divide(a: Decimal, b: Decimal): Decimal {
  if (b.coefficient === 0n) throw new FunctionError('decimal division by 0')
  const shift = a.exponent - b.exponent + DIVISION_PRECISION
  const dividend = shift < 0 ? a.coefficient : a.coefficient * 10n ** BigInt(shift)
  const divisor = shift < 0 ? b.coefficient * 10n ** BigInt(-shift) : b.coefficient
  let quotient = dividend / divisor
  const rest = dividend % divisor
  if (2n * magnitude(rest) >= magnitude(divisor)) {
    quotient += a.coefficient < 0n !== b.coefficient < 0n ? -1n : 1n
  }
  return { coefficient: quotient, exponent: -DIVISION_PRECISION }
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value
}
