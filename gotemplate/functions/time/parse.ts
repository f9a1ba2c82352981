// Reading a time by a layout, with Go's tolerance and Go's errors.
import { quoteForTime } from './duration.ts'
import type { Instant } from './instant.ts'
import { daysInMonth, instantFromFields, isLeapYear } from './instant.ts'
import { DAYS, isFraction, MONTHS, nextElement } from './layout.ts'
import { Mismatch, OutOfRange, readOffset, readZoneName, type ZoneFields } from './parse-zone.ts'
import type { Zone } from './zone.ts'
import { fixedZone, UTC } from './zone.ts'

/** Why a text is not a time; `message` is what Go prints. */
class TimeParseError extends Error {}

interface Fields extends ZoneFields {
  year: number
  month: number
  day: number
  yearDay: number
  hour: number
  minute: number
  second: number
  nanosecond: number
  half: '' | 'am' | 'pm'
}

/** The instant that `value` shows; texts without a zone are in `local`. The error is Go's text. */
export function parseInstant(layout: string, value: string, local: Zone): Instant | { error: string } {
  try {
    return resolve(readFields(layout, value), value, local)
  } catch (error) {
    if (error instanceof TimeParseError) return { error: error.message }
    throw error
  }
}

function readFields(layout: string, value: string): Fields {
  const fields: Fields = {
    year: 0,
    month: -1,
    day: -1,
    yearDay: -1,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    half: '',
    utc: false,
    offset: undefined,
    zoneName: '',
  }
  const text = `parsing time ${quoteForTime(value)}`
  const mismatch = (at: string, element: string): TimeParseError =>
    new TimeParseError(
      `${text} as ${quoteForTime(layout)}: cannot parse ${quoteForTime(at)} as ${quoteForTime(element)}`,
    )
  let remainingLayout = layout
  let remaining = value
  for (;;) {
    const { prefix, element, rest } = nextElement(remainingLayout)
    const afterPrefix = skipPrefix(remaining, prefix)
    if (typeof afterPrefix !== 'string') throw mismatch(afterPrefix.at, prefix)
    remaining = afterPrefix
    if (element === '') {
      if (remaining !== '') throw new TimeParseError(`${text}: extra text: ${quoteForTime(remaining)}`)
      return fields
    }
    try {
      remaining = readElement(element, remaining, rest, fields)
    } catch (error) {
      if (error instanceof OutOfRange) throw new TimeParseError(`${text}: ${error.message} out of range`)
      if (error instanceof Mismatch) throw mismatch(remaining, element)
      throw error
    }
    remainingLayout = rest
  }
}

// One blank of the layout stands for any number of blanks, also none at the end.
function skipPrefix(value: string, prefix: string): string | { at: string } {
  let rest = value
  let wanted = prefix
  while (wanted !== '') {
    if (wanted.startsWith(' ')) {
      if (rest !== '' && !rest.startsWith(' ')) return { at: rest }
      wanted = wanted.replace(/^ +/, '')
      rest = rest.replace(/^ +/, '')
      continue
    }
    if (rest[0] !== wanted[0]) return { at: rest }
    wanted = wanted.slice(1)
    rest = rest.slice(1)
  }
  return rest
}

function readElement(element: string, value: string, restOfLayout: string, fields: Fields): string {
  switch (element) {
    case '06': {
      const two = value.slice(0, 2)
      if (!/^(?:\d\d|[+-]\d)$/.test(two)) throw new Mismatch()
      const year = Number(two)
      fields.year = year >= 69 ? year + 1900 : year + 2000
      return value.slice(2)
    }
    case '2006':
      if (!/^\d{4}/.test(value)) throw new Mismatch()
      fields.year = Number(value.slice(0, 4))
      return value.slice(4)
    case 'January':
    case 'Jan': {
      const found = lookup(element === 'Jan' ? MONTHS.map(abbreviate) : MONTHS, value)
      fields.month = found.index + 1
      return found.rest
    }
    case '1':
    case '01': {
      const number = readNumber(value, element === '01')
      if (number.value < 1 || number.value > 12) throw new OutOfRange('month')
      fields.month = number.value
      return number.rest
    }
    case 'Monday':
    case 'Mon':
      return lookup(element === 'Mon' ? DAYS.map(abbreviate) : DAYS, value).rest
    case '2':
    case '_2':
    case '02': {
      const number = readNumber(element === '_2' ? value.replace(/^ /, '') : value, element === '02')
      fields.day = number.value
      return number.rest
    }
    case '__2':
    case '002': {
      const digits = (element === '__2' ? /^ {0,2}(\d{1,3})/ : /^(\d{3})/).exec(value)
      if (digits === null) throw new Mismatch()
      fields.yearDay = Number(digits[1])
      return value.slice(digits[0].length)
    }
    case '15':
      return readRanged(value, false, 23, 'hour', fields)
    case '3':
    case '03':
      return readRanged(value, element === '03', 12, 'hour', fields)
    case '4':
    case '04':
      return readRanged(value, element === '04', 59, 'minute', fields)
    case '5':
    case '05': {
      const rest = readRanged(value, element === '05', 59, 'second', fields)
      // The input may have a fraction that the layout does not mention.
      if (!/^[.,]\d/.test(rest) || isFraction(nextElement(restOfLayout).element)) return rest
      return readFraction(rest, (/^[.,]\d+/.exec(rest) as RegExpExecArray)[0].length, fields)
    }
    case 'PM':
    case 'pm': {
      const half = value.slice(0, 2)
      const allowed = element === 'PM' ? ['AM', 'PM'] : ['am', 'pm']
      if (!allowed.includes(half)) throw new Mismatch()
      fields.half = half.toLowerCase() as 'am' | 'pm'
      return value.slice(2)
    }
    case 'MST':
      return readZoneName(value, fields)
    default:
      if (isFraction(element)) {
        if (element[1] === '9') {
          const some = /^[.,]\d+/.exec(value)
          return some === null ? value : readFraction(value, some[0].length, fields)
        }
        if (value.length < element.length) throw new Mismatch()
        return readFraction(value, element.length, fields)
      }
      return readOffset(element, value, fields)
  }
}

function abbreviate(name: string): string {
  return name.slice(0, 3)
}

function lookup(names: readonly string[], value: string): { index: number; rest: string } {
  const index = names.findIndex(name => value.slice(0, name.length).toLowerCase() === name.toLowerCase())
  if (index < 0) throw new Mismatch()
  return { index, rest: value.slice((names[index] ?? '').length) }
}

function readNumber(value: string, twoDigits: boolean): { value: number; rest: string } {
  const digits = (twoDigits ? /^\d\d/ : /^\d\d?/).exec(value)
  if (digits === null) throw new Mismatch()
  return { value: Number(digits[0]), rest: value.slice(digits[0].length) }
}

function readRanged(
  value: string,
  twoDigits: boolean,
  most: number,
  field: 'hour' | 'minute' | 'second',
  fields: Fields,
): string {
  const number = readNumber(value, twoDigits)
  if (number.value > most) throw new OutOfRange(field)
  fields[field] = number.value
  return number.rest
}

function readFraction(value: string, length: number, fields: Fields): string {
  const digits = value.slice(1, Math.min(length, 10))
  if (!/^[.,]/.test(value) || !/^\d+$/.test(digits)) throw new Mismatch()
  fields.nanosecond = Number(digits.padEnd(9, '0'))
  return value.slice(length)
}

function resolve(fields: Fields, value: string, local: Zone): Instant {
  const text = `parsing time ${quoteForTime(value)}`
  let hour = fields.hour
  if (fields.half === 'pm' && hour < 12) hour += 12
  else if (fields.half === 'am' && hour === 12) hour = 0

  const { month, day } = fields.yearDay >= 0 ? monthAndDay(fields, text) : defaultDate(fields)
  if (day < 1 || day > daysInMonth(month, fields.year)) throw new TimeParseError(`${text}: day out of range`)

  const wall = { ...fields, month, day, hour }
  if (fields.utc) return instantFromFields(wall, UTC)
  if (fields.offset !== undefined) {
    const at = instantFromFields(wall, UTC)
    const seconds = at.seconds - fields.offset
    const here = local.lookup(seconds)
    const isLocal = here.offset === fields.offset && (fields.zoneName === '' || here.name === fields.zoneName)
    return { ...at, seconds, zone: isLocal ? local : fixedZone(fields.zoneName, fields.offset) }
  }
  if (fields.zoneName !== '') {
    const at = instantFromFields(wall, local)
    if (local.lookup(at.seconds).name === fields.zoneName) return at
    const hours = fields.zoneName.startsWith('GMT') ? Number(fields.zoneName.slice(3) || '0') : 0
    return { ...instantFromFields(wall, UTC), zone: fixedZone(fields.zoneName, hours * 3600) }
  }
  return instantFromFields(wall, local)
}

function defaultDate(fields: Fields): { month: number; day: number } {
  return { month: fields.month < 0 ? 1 : fields.month, day: fields.day < 0 ? 1 : fields.day }
}

function monthAndDay(fields: Fields, text: string): { month: number; day: number } {
  const days = isLeapYear(fields.year) ? 366 : 365
  if (fields.yearDay < 1 || fields.yearDay > days) {
    throw new TimeParseError(`${text}: day-of-year out of range`)
  }
  let month = 1
  let day = fields.yearDay
  while (day > daysInMonth(month, fields.year)) day -= daysInMonth(month++, fields.year)
  if (fields.month >= 0 && fields.month !== month) {
    throw new TimeParseError(`${text}: day-of-year does not match month`)
  }
  if (fields.day >= 0 && fields.day !== day)
    throw new TimeParseError(`${text}: day-of-year does not match day`)
  return { month, day }
}
