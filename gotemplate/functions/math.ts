// Integer arithmetic in int64 that wraps, floats, and sprig's ranges of numbers.
import { printed } from '../format/print.ts'
import type { Call, TemplateFunction } from '../function.ts'
import { any, define, FunctionError, float64, int, string, variadic } from '../function.ts'
import { intType, sliceOf } from '../type.ts'
import type { List, Value } from '../value.ts'
import * as values from '../value.ts'
import { parseIntOrBound, toFloat64, toInt64 } from './cast.ts'
import { applyDecimal } from './decimal.ts'
import { grownList } from './slicing.ts'

function wrap(value: bigint): Value {
  return values.int64(value)
}

function divisor(value: Value): bigint {
  const number = toInt64(value)
  if (number === 0n) throw new FunctionError('runtime error: integer divide by zero')
  return number
}

/** The smallest or largest of the arguments as int64. */
function extreme(first: Value, others: readonly Value[], isBetter: (a: bigint, b: bigint) => boolean): Value {
  let best = toInt64(first)
  for (const other of others) {
    const number = toInt64(other)
    if (isBetter(number, best)) best = number
  }
  return wrap(best)
}

// Every operand may add digits to all results after it.
function decimalFunction(operation: 'add' | 'subtract' | 'multiply' | 'divide'): TemplateFunction {
  return variadic([any], any, (call, first, ...rest) => {
    call.steps(rest.length + Math.ceil(rest.length ** 2 / 16))
    return applyDecimal(operation, toFloat64(first), rest.map(toFloat64))
  })
}

const max = variadic([any], any, (_, a, ...rest) => extreme(a, rest, (x, y) => x > y))

/** Go's untilStep: `start`, `start+step`, ... before `stop`; empty if the step leads away. */
function numbersUntil(call: Call, start: number, stop: number, step: number): number[] {
  const isDown = stop < start
  if (isDown ? step >= 0 : step <= 0) return []
  const count = Math.ceil((stop - start) / step)
  call.steps(count)
  call.allocate(count * 16)
  return Array.from({ length: count }, (_, i) => start + i * step)
}

function intList(numbers: readonly number[]): List {
  return grownList(
    sliceOf(intType),
    numbers.map(number => values.int(number)),
  )
}

function sequence(call: Call, bounds: readonly number[]): string {
  const [first = 0, second = 0, third = 0] = bounds
  const join = (start: number, end: number, step: number): string => {
    const away = end < start ? -1 : 1
    return numbersUntil(call, start, end + away, step).join(' ')
  }
  switch (bounds.length) {
    case 1:
      return join(1, first, first < 1 ? -1 : 1)
    case 2:
      return join(first, second, second < first ? -1 : 1)
    case 3:
      return third < first && second > 0 ? '' : join(first, third, second)
    default:
      return ''
  }
}

/** Go's math.Pow(10, exponent), whose squarings round, and not the nearest float. */
function powerOfTen(exponent: number): number {
  let [mantissa, binary] = [1, 0]
  let [factor, factorBinary] = [0.625, 4]
  for (let rest = Math.abs(exponent); rest > 0; rest = Math.floor(rest / 2)) {
    if (factorBinary > 4096) return exponent < 0 ? 0 : Number.POSITIVE_INFINITY
    if (rest % 2 === 1) {
      mantissa *= factor
      binary += factorBinary
    }
    factor *= factor
    factorBinary *= 2
    if (factor < 0.5) {
      factor *= 2
      factorBinary--
    }
  }
  if (exponent < 0) [mantissa, binary] = [1 / mantissa, -binary]
  const half = Math.trunc(binary / 2)
  return mantissa * 2 ** half * 2 ** (binary - half)
}

// Counts as "up" what is at or above the threshold, so -2.1 goes down to -3.
function round(value: number, places: number, threshold: number): number {
  const power = powerOfTen(places)
  const digit = power * value
  const fraction = Number.isFinite(digit) ? digit - Math.trunc(digit) : Number.NaN
  return (fraction >= threshold ? Math.ceil(digit) : Math.floor(digit)) / power
}

function goMax(a: number, b: number): number {
  if (a === Number.POSITIVE_INFINITY || b === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY
  return Math.max(a, b)
}

function goMin(a: number, b: number): number {
  if (a === Number.NEGATIVE_INFINITY || b === Number.NEGATIVE_INFINITY) return Number.NEGATIVE_INFINITY
  return Math.min(a, b)
}

export const math: Readonly<Record<string, TemplateFunction>> = {
  int: define([any], (_, value) => values.int(toInt64(value))),
  int64: define([any], (_, value) => wrap(toInt64(value))),
  float64: define([any], (_, value) => toFloat64(value)),
  atoi: define([string], (_, text) => values.int(parseIntOrBound(text, 10))),
  toDecimal: define([any], (call, value) => wrap(octalOrZero(printed(call, value)))),

  add1: define([any], (_, value) => wrap(toInt64(value) + 1n)),
  add: variadic([], any, (call, ...rest) => {
    call.steps(rest.length)
    return wrap(rest.reduce<bigint>((sum, value) => sum + toInt64(value), 0n))
  }),
  sub: define([any, any], (_, a, b) => wrap(toInt64(a) - toInt64(b))),
  mul: variadic([any], any, (call, first, ...rest) => {
    call.steps(rest.length)
    return wrap(rest.reduce<bigint>((all, value) => BigInt.asIntN(64, all * toInt64(value)), toInt64(first)))
  }),
  div: define([any, any], (_, a, b) => wrap(toInt64(a) / divisor(b))),
  mod: define([any, any], (_, a, b) => wrap(toInt64(a) % divisor(b))),
  max,
  biggest: max,
  min: variadic([any], any, (_, a, ...rest) => extreme(a, rest, (x, y) => x < y)),

  add1f: define([any], (_, value) => applyDecimal('add', toFloat64(value), [1])),
  addf: variadic([], any, (call, ...rest) => {
    call.steps(rest.length)
    return applyDecimal('add', 0, rest.map(toFloat64))
  }),
  subf: decimalFunction('subtract'),
  mulf: decimalFunction('multiply'),
  divf: decimalFunction('divide'),
  maxf: variadic([any], any, (_, a, ...rest) => rest.map(toFloat64).reduce(goMax, toFloat64(a))),
  minf: variadic([any], any, (_, a, ...rest) => rest.map(toFloat64).reduce(goMin, toFloat64(a))),
  floor: define([any], (_, value) => Math.floor(toFloat64(value))),
  ceil: define([any], (_, value) => Math.ceil(toFloat64(value))),
  round: variadic([any, int], float64, (_, value, places, threshold) =>
    round(toFloat64(value), places, threshold ?? 0.5),
  ),

  until: define([int], (call, count) => intList(numbersUntil(call, 0, count, count < 0 ? -1 : 1))),
  untilStep: define([int, int, int], (call, start, stop, step) =>
    intList(numbersUntil(call, start, stop, step)),
  ),
  seq: variadic([], int, (call, ...bounds) => sequence(call, bounds)),
}

// toDecimal looks at the error, unlike atoi: what does not fit is 0.
function octalOrZero(text: string): bigint {
  const value = parseIntOrBound(text, 8)
  return value === 2n ** 63n - 1n || value === -(2n ** 63n) ? exactOctalBound(text, value) : value
}

function exactOctalBound(text: string, bound: bigint): bigint {
  const digits = text.replace(/^[+-]?0*/, '')
  return digits === (bound < 0n ? (-bound).toString(8) : bound.toString(8)) ? bound : 0n
}
