// The binary operators that look at both operands.
import { libraryOperation } from './library.ts'
import { Fault, type Spend, textUnits } from './meter.ts'
import { isList, isMap, keysOf } from './value.ts'

export type BinaryOperator = (spend: Spend, left: unknown, right: unknown) => unknown

const [leastInt, greatestInt] = [-(2n ** 63n), 2n ** 63n - 1n]

export const binaryOperators: Readonly<Record<string, BinaryOperator>> = {
  '==': isEqual,
  '!=': (spend, left, right) => !isEqual(spend, left, right),
  in: isMember,
  '+': arithmetic('+', {
    int: (left, right) => left + right,
    double: (left, right) => left + right,
    others: (spend, left, right) => {
      if (typeof left === 'string' && typeof right === 'string') {
        spend(textUnits(left) + textUnits(right))
        return left + right
      }
      if (!isList(left) || !isList(right)) return undefined
      spend(left.length + right.length)
      return [...left, ...right]
    },
  }),
  '-': arithmetic('-', { int: (left, right) => left - right, double: (left, right) => left - right }),
  '*': arithmetic('*', { int: (left, right) => left * right, double: (left, right) => left * right }),
  '/': arithmetic('/', {
    int: (left, right) => left / divisor(right),
    double: (left, right) => left / right,
  }),
  '%': arithmetic('%', { int: (left, right) => left % divisor(right) }),
  '<': comparison('<', order => order < 0),
  '<=': comparison('<=', order => order <= 0),
  '>': comparison('>', order => order > 0),
  '>=': comparison('>=', order => order >= 0),
}

/** Of an int, which has 64 bits. */
export function inRange(value: bigint): bigint {
  if (value < leastInt || value > greatestInt) throw new Fault('an int is out of range')
  return value
}

function divisor(value: bigint): bigint {
  if (value === 0n) throw new Fault('an int is divided by zero')
  return value
}

type Arithmetic = {
  readonly int: (left: bigint, right: bigint) => bigint
  readonly double?: (left: number, right: number) => number
  /** Undefined for what it does not take. */
  readonly others?: BinaryOperator
}

function arithmetic(operator: string, { int, double, others }: Arithmetic): BinaryOperator {
  const ofLibrary = libraryOperation(`a ${operator} b`, operator)
  return (spend, left, right) => {
    if (typeof left === 'bigint' && typeof right === 'bigint') return inRange(int(left, right))
    if (double && typeof left === 'number' && typeof right === 'number') return double(left, right)
    return others?.(spend, left, right) ?? ofLibrary(spend, left, right)
  }
}

/** `holds` is given a number below, at or above 0 as the left side is below, at or above the right one. */
function comparison(operator: string, holds: (order: number) => boolean): BinaryOperator {
  const ofLibrary = libraryOperation(`a ${operator} b`, operator)
  return (spend, left, right) => {
    if (isNumber(left) && isNumber(right)) return holds(order(left, right))
    if (typeof left !== 'string' || typeof right !== 'string') return ofLibrary(spend, left, right)
    spend(textUnits(left.length < right.length ? left : right))
    return holds(order(left, right))
  }
}

/** NaN where neither is below the other and they differ: no comparison holds of it. */
function order<T extends string | number | bigint>(left: T, right: T): number {
  if (left < right) return -1
  if (left > right) return 1
  return left >= right ? 0 : Number.NaN
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

const equalityOfLibrary = libraryOperation('a == b', '==')

/** Without recursion: how deep the values are is the tool's choice. */
function isEqual(spend: Spend, left: unknown, right: unknown): boolean {
  const pairs: unknown[] = [left, right]
  while (pairs.length > 0) {
    const b = pairs.pop()
    const a = pairs.pop()
    spend(1)
    if (isList(a)) {
      if (!isList(b) || a.length !== b.length) return false
      spend(a.length)
      for (const [at, item] of a.entries()) pairs.push(item, b[at])
    } else if (isMap(a)) {
      if (!isMap(b)) return false
      const keys = keysOf(a, spend)
      if (keys.length !== keysOf(b, spend).length) return false
      for (const key of keys) {
        if (!Object.hasOwn(b, key)) return false
        pairs.push(a[key], b[key])
      }
    } else if (!isSame(spend, a, b)) return false
  }
  return true
}

function isSame(spend: Spend, a: unknown, b: unknown): boolean {
  if (typeof a === 'string' && typeof b === 'string') {
    if (a.length !== b.length) return false
    spend(textUnits(a))
    return a === b
  }
  // An int and a double of the same value are equal.
  // biome-ignore lint/suspicious/noDoubleEquals: the only comparison of a bigint and a number that loses nothing
  if (isNumber(a) && isNumber(b)) return a == b
  return isOfLibrary(a) || isOfLibrary(b) ? isSameInLibrary(spend, a, b) : a === b
}

function isOfLibrary(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !isList(value) && !isMap(value)
}

/** Values of two kinds differ. */
function isSameInLibrary(spend: Spend, a: unknown, b: unknown): boolean {
  try {
    return equalityOfLibrary(spend, a, b) === true
  } catch (error) {
    if (error instanceof Fault) return false
    throw error
  }
}

function isMember(spend: Spend, item: unknown, container: unknown): boolean {
  if (isList(container)) return container.some(other => isEqual(spend, item, other))
  if (isMap(container)) return typeof item === 'string' && Object.hasOwn(container, item)
  throw new Fault('"in" is asked of what is neither a list nor a map')
}
