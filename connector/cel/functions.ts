// The functions and methods that an expression may call. One that is not listed is refused: its cost is unknown.
import { libraryOperation, typeNamed } from './library.ts'
import { Fault, type Spend, textUnits } from './meter.ts'
import { isList, isMap, keysOf } from './value.ts'

/** The receiver of a method is its first argument. */
export type CelFunction = (spend: Spend, args: readonly unknown[]) => unknown

/** Undefined for one that cannot be called with so many arguments. */
export function functionNamed(name: string, count: number): CelFunction | undefined {
  return functions[`${name}/${count}`]
}

/** `count` is without the receiver. */
export function methodNamed(name: string, count: number): CelFunction | undefined {
  return methods[`${name}/${count}`]
}

const typeOfLibrary = libraryOperation('type(a)', 'type')

const functions: Readonly<Record<string, CelFunction>> = {
  'size/1': (spend, [value]) => sizeOf(spend, value),
  'dyn/1': (_, [value]) => value,
  'type/1': (spend, [value]) => {
    if (isList(value)) return typeNamed('list')
    return isMap(value) ? typeNamed('map') : typeOfLibrary(spend, value)
  },
  ...Object.fromEntries(
    ['bool', 'bytes', 'double', 'duration', 'int', 'string', 'timestamp', 'uint'].map(name => {
      const convert = libraryOperation(`${name}(a)`, name)
      return [`${name}/1`, (spend: Spend, [value]: readonly unknown[]) => convert(spend, value)]
    }),
  ),
}

const timeParts = [
  'getDate',
  'getDayOfMonth',
  'getDayOfWeek',
  'getDayOfYear',
  'getFullYear',
  'getHours',
  'getMilliseconds',
  'getMinutes',
  'getMonth',
  'getSeconds',
]

/** A time zone is looked up anew in each call. */
const unitsOfTimeZone = 1000

const methods: Readonly<Record<string, CelFunction>> = {
  'size/0': (spend, [value]) => sizeOf(spend, value),
  'contains/1': (spend, [text, part]) => {
    const [within, searched] = [stringOf(text, 'contains'), stringOf(part, 'contains')]
    spend(searchUnits(within, searched))
    return within.includes(searched)
  },
  'startsWith/1': (spend, [text, part]) => {
    const start = stringOf(part, 'startsWith')
    spend(textUnits(start))
    return stringOf(text, 'startsWith').startsWith(start)
  },
  'endsWith/1': (spend, [text, part]) => {
    const end = stringOf(part, 'endsWith')
    spend(textUnits(end))
    return stringOf(text, 'endsWith').endsWith(end)
  },
  'join/0': (spend, [list]) => join(spend, list, ''),
  'join/1': (spend, [list, separator]) => join(spend, list, stringOf(separator, 'join')),
  ...ofLibrary(['lowerAscii', 'upperAscii', 'trim', 'hex', 'base64', 'string'], { counts: [0] }),
  ...ofLibrary(['at'], { counts: [1] }),
  ...ofLibrary(['substring'], { counts: [1, 2] }),
  ...ofLibrary(['indexOf', 'lastIndexOf'], { counts: [1, 2], units: searchUnits }),
  // Where nothing separates, each character becomes an item.
  ...ofLibrary(['split'], {
    counts: [1, 2],
    units: (text, part) => searchUnits(text, part) + (typeof text === 'string' ? text.length : 0),
  }),
  ...ofLibrary(timeParts, { counts: [0] }),
  ...ofLibrary(timeParts, { counts: [1], units: () => unitsOfTimeZone }),
}

type LibraryMethods = {
  /** Of the arguments beside the receiver. */
  readonly counts: readonly number[]
  /** What a call costs beyond reading its arguments. */
  readonly units?: (receiver: unknown, first: unknown) => number
}

function ofLibrary(
  names: readonly string[],
  { counts, units }: LibraryMethods,
): Readonly<Record<string, CelFunction>> {
  const entries = names.flatMap(name =>
    counts.map((count): [string, CelFunction] => {
      const operation = libraryOperation(`a.${name}(${['b', 'c'].slice(0, count).join(', ')})`, name)
      return [
        `${name}/${count}`,
        (spend, [a, b, c]) => {
          if (units) spend(units(a, b))
          return operation(spend, a, b, c)
        },
      ]
    }),
  )
  return Object.fromEntries(entries)
}

/** A search may compare each character of the text with each one of the part. */
function searchUnits(text: unknown, part: unknown): number {
  return typeof text === 'string' && typeof part === 'string' ? textUnits(text) * textUnits(part) : 0
}

function stringOf(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new Fault(`${name} does not take these values`)
  return value
}

function join(spend: Spend, list: unknown, separator: string): string {
  if (!isList(list)) throw new Fault('join does not take these values')
  for (const item of list) spend(textUnits(stringOf(item, 'join')) + textUnits(separator))
  return list.join(separator)
}

function sizeOf(spend: Spend, value: unknown): bigint {
  if (isList(value)) return BigInt(value.length)
  if (isMap(value)) return BigInt(keysOf(value, spend).length)
  if (value instanceof Uint8Array) return BigInt(value.length)
  const text = stringOf(value, 'size')
  spend(text.length / 2)
  let characters = 0n
  for (const _ of text) characters += 1n
  return characters
}
