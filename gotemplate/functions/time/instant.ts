// A moment as Go's time.Time: seconds and nanoseconds since the epoch, seen in a zone.
import type { Zone, ZoneLookup } from './zone.ts'

export interface Instant {
  /** Whole seconds since 1970-01-01T00:00:00Z, negative before. */
  readonly seconds: number
  /** 0 to 999,999,999. */
  readonly nanoseconds: number
  readonly zone: Zone
}

export interface Civil {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** 0 is Sunday. */
  readonly weekday: number
  /** 1 to 366. */
  readonly yearDay: number
  readonly lookup: ZoneLookup
}

const DAY = 86_400
/** Seconds of 0001-01-01T00:00:00Z, Go's zero time. */
export const ZERO_SECONDS = -62_135_596_800

export function civilFromInstant(instant: Instant): Civil {
  const lookup = instant.zone.lookup(instant.seconds)
  const local = instant.seconds + lookup.offset
  const days = Math.floor(local / DAY)
  const rest = local - days * DAY
  const { year, month, day } = dateFromDays(days)
  return {
    year,
    month,
    day,
    hour: Math.floor(rest / 3600),
    minute: Math.floor((rest % 3600) / 60),
    second: rest % 60,
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay: days - daysFromDate(year, 1, 1) + 1,
    lookup,
  }
}

export interface DateFields {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly nanosecond: number
}

/** The instant whose wall clock in `zone` shows the fields; out-of-range fields carry over. */
export function instantFromFields(fields: DateFields, zone: Zone): Instant {
  const monthIndex = fields.month - 1
  const year = fields.year + Math.floor(monthIndex / 12)
  const month = (((monthIndex % 12) + 12) % 12) + 1
  const days = daysFromDate(year, month, 1) + fields.day - 1
  const carried = Math.floor(fields.nanosecond / 1e9)
  const wall = days * DAY + fields.hour * 3600 + fields.minute * 60 + fields.second + carried
  const nanoseconds = fields.nanosecond - carried * 1e9
  return { seconds: wall - offsetForWall(wall, zone), nanoseconds, zone }
}

// Around a change of offset the first guess may use the wrong side: try both, as Go does.
function offsetForWall(wall: number, zone: Zone): number {
  const guess = zone.lookup(wall).offset
  if (guess === 0) return 0
  const second = zone.lookup(wall - guess).offset
  if (second === guess) return guess
  return zone.lookup(wall - second).offset === second ? second : guess
}

export function addNanoseconds(instant: Instant, nanoseconds: bigint): Instant {
  const total = BigInt(instant.nanoseconds) + nanoseconds
  const rest = ((total % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  const seconds = instant.seconds + Number((total - rest) / 1_000_000_000n)
  return { seconds, nanoseconds: Number(rest), zone: instant.zone }
}

/** `a - b` in nanoseconds, saturating at the ends of int64. */
export function nanosecondsBetween(a: Instant, b: Instant): bigint {
  const difference = BigInt(a.seconds - b.seconds) * 1_000_000_000n + BigInt(a.nanoseconds - b.nanoseconds)
  return BigInt.asIntN(64, difference) === difference
    ? difference
    : difference < 0n
      ? -(1n << 63n)
      : (1n << 63n) - 1n
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

export function daysInMonth(month: number, year: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in 400-year eras that start in March.
function daysFromDate(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

function dateFromDays(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const mp = Math.floor((5 * dayOfYear + 2) / 153)
  const month = mp < 10 ? mp + 3 : mp - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * mp + 2) / 5) + 1,
  }
}
