// Go's reference-time layouts ("2006-01-02"): cutting one into its elements, and formatting with it.
import type { Instant } from './instant.ts'
import { civilFromInstant } from './instant.ts'

export const MONTHS: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
export const DAYS: readonly string[] = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
]

/** One element of a layout: the literal before it, its own text ('' at the end) and what follows. */
export interface LayoutElement {
  readonly prefix: string
  readonly element: string
  readonly rest: string
}

// Longest first where one begins another. `Jan` and `Mon` must not run on in lower case; `_2006` is a literal
// underscore and a year; a fraction is all the zeros or nines after a dot or comma, with no digit behind them.
const ELEMENT =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|2|_2(?!006)|__2|3|4|5|PM|pm|-070000|-07:00:00|-0700|-07:00|-07|Z070000|Z07:00:00|Z0700|Z07:00|Z07|[.,](?:0+|9+)(?!\d)/

export function nextElement(layout: string): LayoutElement {
  const match = ELEMENT.exec(layout)
  if (match === null) return { prefix: layout, element: '', rest: '' }
  return {
    prefix: layout.slice(0, match.index),
    element: match[0],
    rest: layout.slice(match.index + match[0].length),
  }
}

export function isFraction(element: string): boolean {
  return element.startsWith('.') || element.startsWith(',')
}

/** The instant in its own zone, in the given layout. */
export function formatInstant(instant: Instant, layout: string): string {
  const civil = civilFromInstant(instant)
  const { year, month, day, hour, minute, second, weekday, yearDay, lookup } = civil
  const hour12 = hour % 12 === 0 ? 12 : hour % 12
  const format = (element: string): string => {
    switch (element) {
      case '2006':
        return pad(year, 4)
      case '06':
        return pad(Math.abs(year) % 100, 2)
      case 'January':
        return MONTHS[month - 1] ?? ''
      case 'Jan':
        return (MONTHS[month - 1] ?? '').slice(0, 3)
      case '1':
        return `${month}`
      case '01':
        return pad(month, 2)
      case 'Monday':
        return DAYS[weekday] ?? ''
      case 'Mon':
        return (DAYS[weekday] ?? '').slice(0, 3)
      case '2':
        return `${day}`
      case '_2':
        return `${day}`.padStart(2)
      case '02':
        return pad(day, 2)
      case '__2':
        return `${yearDay}`.padStart(3)
      case '002':
        return pad(yearDay, 3)
      case '15':
        return pad(hour, 2)
      case '3':
        return `${hour12}`
      case '03':
        return pad(hour12, 2)
      case '4':
        return `${minute}`
      case '04':
        return pad(minute, 2)
      case '5':
        return `${second}`
      case '05':
        return pad(second, 2)
      case 'PM':
        return hour >= 12 ? 'PM' : 'AM'
      case 'pm':
        return hour >= 12 ? 'pm' : 'am'
      case 'MST':
        return lookup.name !== '' ? lookup.name : formatOffset(lookup.offset, '-0700')
      default:
        return isFraction(element)
          ? formatFraction(instant.nanoseconds, element)
          : formatOffset(lookup.offset, element)
    }
  }
  let out = ''
  let remaining = layout
  while (remaining !== '') {
    const { prefix, element, rest } = nextElement(remaining)
    out += prefix
    if (element === '') break
    out += format(element)
    remaining = rest
  }
  return out
}

function pad(value: number, width: number): string {
  return value < 0 ? `-${`${-value}`.padStart(width, '0')}` : `${value}`.padStart(width, '0')
}

function formatOffset(offset: number, element: string): string {
  if (element.startsWith('Z') && offset === 0) return 'Z'
  const minutes = Math.trunc(offset / 60)
  const colon = element.includes(':') ? ':' : ''
  let out = (minutes < 0 ? '-' : '+') + pad(Math.trunc(Math.abs(minutes) / 60), 2)
  if (element.length > 3) out += colon + pad(Math.abs(minutes) % 60, 2)
  // Elements with seconds are the only ones of 7 characters without a colon or 9 with.
  if (element.length === 7 || element.length === 9) out += colon + pad(Math.abs(offset) % 60, 2)
  return out
}

function formatFraction(nanoseconds: number, element: string): string {
  const digits = pad(nanoseconds, 9).slice(0, Math.min(9, element.length - 1))
  if (element[1] === '0') return element[0] + digits.padEnd(element.length - 1, '0')
  const trimmed = digits.replace(/0+$/, '')
  return trimmed === '' ? '' : element[0] + trimmed
}
