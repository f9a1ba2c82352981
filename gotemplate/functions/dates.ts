// Dates: Go's time.Time with its methods, layouts and durations. Whatever means "now" asks the injected clock.
import type { Call, TemplateFunction } from '../function.ts'
import { any, define, FunctionError, int as goInt, int64 as goInt64, of, string } from '../function.ts'
import { definedType, int64Type, intType, pointerTo, structType, uint64Type } from '../type.ts'
import { Int, int, int64, Pointer, Struct, type Value } from '../value.ts'
import { parseIntOrBound } from './cast.ts'
import { formatDuration, parseDuration, roundDuration } from './time/duration.ts'
import {
  addNanoseconds,
  civilFromInstant,
  type Instant,
  instantFromFields,
  nanosecondsBetween,
  ZERO_SECONDS,
} from './time/instant.ts'
import { DAYS, formatInstant, MONTHS } from './time/layout.ts'
import { parseInstant } from './time/parse.ts'
import { UTC, type Zone, zoneFromName } from './time/zone.ts'

const SECOND = 1_000_000_000n
/** Templates are rendered as on a node whose clock is set to UTC. */
const LOCAL: Zone = UTC
const ZERO: Instant = { seconds: ZERO_SECONDS, nanoseconds: 0, zone: UTC }
/** What finding a zone costs, in steps. */
const ZONE_LOOKUP = 500
const RFC3339_NANO = '2006-01-02T15:04:05.999999999Z07:00'

const timeMethods = new Map<string, TemplateFunction>()
const durationMethods = new Map<string, TemplateFunction>()

// What the fields of a time in UTC hold in Go; in another zone they show an address.
const locationType = pointerTo(structType('time.Location', []))
const timeType = structType(
  'time.Time',
  [
    { name: 'wall', type: uint64Type },
    { name: 'ext', type: int64Type },
    { name: 'loc', type: locationType },
  ],
  {
    methods: timeMethods,
    stringer: value => formatInstant(instantOf(value), '2006-01-02 15:04:05.999999999 -0700 MST'),
  },
)

function intOf(value: Value): bigint {
  return value instanceof Int ? value.value : 0n
}

const durationType = definedType('time.Duration', int64Type, {
  methods: durationMethods,
  stringer: value => formatDuration(intOf(value)),
})
const monthType = definedType('time.Month', intType, {
  stringer: value => MONTHS[Number(intOf(value)) - 1] ?? `%!Month(${intOf(value)})`,
})
const weekdayType = definedType('time.Weekday', intType, {
  stringer: value => DAYS[Number(intOf(value))] ?? `%!Weekday(${intOf(value)})`,
})

function instantOf(value: Value): Instant {
  return value instanceof Struct && value.type === timeType
    ? ((value.native as Instant | undefined) ?? ZERO)
    : ZERO
}

function timeFrom(instant: Instant): Struct {
  const wall = new Int(uint64Type, BigInt(instant.nanoseconds))
  const parts = [wall, int64(BigInt(instant.seconds - ZERO_SECONDS)), new Pointer(locationType, undefined)]
  return new Struct(timeType, parts, instant)
}

/** A moment as JSON and YAML write it; undefined for values that are no time. */
export function momentText(value: Value): string | undefined {
  return value instanceof Struct && value.type === timeType
    ? formatInstant(instantOf(value), RFC3339_NANO)
    : undefined
}

function now(call: Call): Instant {
  if (call.clock === undefined) throw new FunctionError('no clock was given')
  const milliseconds = call.clock().getTime()
  const seconds = Math.floor(milliseconds / 1000)
  return { seconds, nanoseconds: (milliseconds - seconds * 1000) * 1_000_000, zone: LOCAL }
}

function isSeconds(value: Value): value is Int {
  return value instanceof Int && ['int', 'int64', 'int32'].includes(value.type.name)
}

function isTime(value: Value): value is Struct {
  return value instanceof Struct && value.type === timeType
}

/** A time, or seconds since 1970; anything else is the present. */
function instantFromAny(call: Call, value: Value): Instant {
  if (isTime(value)) return instantOf(value)
  return isSeconds(value) ? { seconds: Number(value.value), nanoseconds: 0, zone: LOCAL } : now(call)
}

function formatIn(call: Call, layout: string, value: Value, zone: string): string {
  // A zone of the database has to be looked up anew every time.
  call.steps(layout.length + (zone === 'Local' || zone === 'UTC' ? 1 : ZONE_LOOKUP))
  call.allocate(layout.length * 4)
  const instant = instantFromAny(call, value)
  const seenIn = zone === 'Local' ? LOCAL : (zoneFromName(zone) ?? UTC)
  return formatInstant({ ...instant, zone: seenIn }, layout)
}

function parse(call: Call, layout: string, text: string): Instant | { error: string } {
  call.steps(layout.length + text.length)
  return parseInstant(layout, text, LOCAL)
}

/** The largest whole unit that has passed more than once: `2h`, `3mo`. */
function roundedDuration(nanoseconds: bigint): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds
  const hour = 3600n * SECOND
  const units: readonly (readonly [bigint, string])[] = [
    [hour * 24n * 365n, 'y'],
    [hour * 24n * 30n, 'mo'],
    [hour * 24n, 'd'],
    [hour, 'h'],
    [60n * SECOND, 'm'],
    [SECOND, 's'],
  ]
  for (const [unit, name] of units) if (size > unit) return `${size / unit}${name}`
  return '0s'
}

function durationFromAny(call: Call, value: Value): bigint {
  if (typeof value === 'string') {
    call.steps(value.length)
    const parsed = parseDuration(value)
    return typeof parsed === 'bigint' ? parsed : 0n
  }
  if (value instanceof Int && value.type === int64Type) return value.value
  return isTime(value) ? nanosecondsBetween(now(call), instantOf(value)) : 0n
}

const time = of<Struct>(timeType)
const duration = of<Int>(durationType)

const dateInZone = define([string, any, string], formatIn)
const dateModify = define([string, time], (call, text, value) => {
  call.steps(text.length)
  const parsed = parseDuration(text)
  return typeof parsed === 'bigint' ? timeFrom(addNanoseconds(instantOf(value), parsed)) : value
})
const mustDateModify = define([string, time], (call, text, value) => {
  call.steps(text.length)
  const parsed = parseDuration(text)
  if (typeof parsed === 'bigint') return timeFrom(addNanoseconds(instantOf(value), parsed))
  throw new FunctionError(parsed.error, parsed.error.replace(/ ".*/s, ''))
})

export const dates: Readonly<Record<string, TemplateFunction>> = {
  now: define([], call => timeFrom(now(call))),
  date: define([string, any], (call, layout, value) => formatIn(call, layout, value, 'Local')),
  dateInZone,
  date_in_zone: dateInZone,
  htmlDate: define([any], (call, value) => formatIn(call, '2006-01-02', value, 'Local')),
  htmlDateInZone: define([any, string], (call, value, zone) => formatIn(call, '2006-01-02', value, zone)),
  dateModify,
  date_modify: dateModify,
  mustDateModify,
  must_date_modify: mustDateModify,
  ago: define([any], (call, value) => {
    const isInt32 = value instanceof Int && value.type.name === 'int32'
    const since = isInt32 ? now(call) : instantFromAny(call, value)
    return formatDuration(roundDuration(nanosecondsBetween(now(call), since), SECOND))
  }),
  duration: define([any], (_, value) => {
    const seconds =
      typeof value === 'string'
        ? parseIntOrBound(value, 10)
        : value instanceof Int && value.type === int64Type
          ? value.value
          : 0n
    return formatDuration(BigInt.asIntN(64, seconds * SECOND))
  }),
  durationRound: define([any], (call, value) => roundedDuration(durationFromAny(call, value))),
  toDate: define([string, string], (call, layout, text) => {
    const parsed = parse(call, layout, text)
    return timeFrom('error' in parsed ? ZERO : parsed)
  }),
  mustToDate: define([string, string], (call, layout, text) => {
    const parsed = parse(call, layout, text)
    if (!('error' in parsed)) return timeFrom(parsed)
    const reason = /: ([a-z- ]+ (?:out of range|does not match [a-z]+))$/.exec(parsed.error)?.[1]
    throw new FunctionError(parsed.error, reason === undefined ? 'parsing time' : `parsing time: ${reason}`)
  }),
  unixEpoch: define([time], (_, value) => `${instantOf(value).seconds}`),
}

function getter(body: (instant: Instant) => Value): TemplateFunction {
  return define([time], (_, value) => body(instantOf(value)))
}

function civil(field: 'year' | 'day' | 'hour' | 'minute' | 'second' | 'yearDay'): TemplateFunction {
  return getter(instant => int(civilFromInstant(instant)[field]))
}

function comparing(body: (nanoseconds: bigint) => Value): TemplateFunction {
  return define([time, time], (_, a, b) => {
    const [x, y] = [instantOf(a), instantOf(b)]
    return body(BigInt(x.seconds - y.seconds) * SECOND + BigInt(x.nanoseconds - y.nanoseconds))
  })
}

function epoch(perSecond: bigint): TemplateFunction {
  return getter(({ seconds, nanoseconds }) =>
    int64(BigInt(seconds) * perSecond + (BigInt(nanoseconds) * perSecond) / SECOND),
  )
}

const methodsOfTime: Readonly<Record<string, TemplateFunction>> = {
  Year: civil('year'),
  Month: getter(instant => new Int(monthType, BigInt(civilFromInstant(instant).month))),
  Day: civil('day'),
  Hour: civil('hour'),
  Minute: civil('minute'),
  Second: civil('second'),
  Nanosecond: getter(instant => int(instant.nanoseconds)),
  YearDay: civil('yearDay'),
  Weekday: getter(instant => new Int(weekdayType, BigInt(civilFromInstant(instant).weekday))),
  Unix: epoch(1n),
  UnixMilli: epoch(1000n),
  UnixMicro: epoch(1_000_000n),
  UnixNano: epoch(SECOND),
  UTC: getter(instant => timeFrom({ ...instant, zone: UTC })),
  Local: getter(instant => timeFrom({ ...instant, zone: LOCAL })),
  IsZero: getter(instant => instant.seconds === ZERO_SECONDS && instant.nanoseconds === 0),
  String: getter(instant => formatInstant(instant, '2006-01-02 15:04:05.999999999 -0700 MST')),
  Format: define([time, string], (call, value, layout) => {
    call.steps(layout.length)
    call.allocate(layout.length * 4)
    return formatInstant(instantOf(value), layout)
  }),
  Add: define([time, duration], (_, value, more) => timeFrom(addNanoseconds(instantOf(value), more.value))),
  AddDate: define([time, goInt, goInt, goInt], (_, value, years, months, days) => {
    const instant = instantOf(value)
    const at = civilFromInstant(instant)
    const moved = { year: at.year + years, month: at.month + months, day: at.day + days }
    return timeFrom(instantFromFields({ ...at, ...moved, nanosecond: instant.nanoseconds }, instant.zone))
  }),
  Sub: define(
    [time, time],
    (_, a, b) => new Int(durationType, nanosecondsBetween(instantOf(a), instantOf(b))),
  ),
  Before: comparing(difference => difference < 0n),
  After: comparing(difference => difference > 0n),
  Equal: comparing(difference => difference === 0n),
  Compare: comparing(difference => int(difference < 0n ? -1 : difference > 0n ? 1 : 0)),
}

function ofDuration(body: (nanoseconds: bigint) => Value): TemplateFunction {
  return define([duration], (_, value) => body(value.value))
}

/** Go divides whole and fraction apart, which decides the last digit. */
function inUnits(unit: bigint): TemplateFunction {
  return ofDuration(nanoseconds => Number(nanoseconds / unit) + Number(nanoseconds % unit) / Number(unit))
}

const methodsOfDuration: Readonly<Record<string, TemplateFunction>> = {
  Hours: inUnits(3600n * SECOND),
  Minutes: inUnits(60n * SECOND),
  Seconds: inUnits(SECOND),
  Milliseconds: ofDuration(nanoseconds => int64(nanoseconds / 1_000_000n)),
  Microseconds: ofDuration(nanoseconds => int64(nanoseconds / 1000n)),
  Nanoseconds: ofDuration(nanoseconds => int64(nanoseconds)),
  String: ofDuration(formatDuration),
  Abs: ofDuration(nanoseconds => new Int(durationType, nanoseconds < 0n ? -nanoseconds : nanoseconds)),
  Round: define(
    [duration, goInt64],
    (_, value, unit) => new Int(durationType, roundDuration(value.value, unit)),
  ),
  Truncate: define(
    [duration, goInt64],
    (_, value, unit) => new Int(durationType, unit <= 0n ? value.value : value.value - (value.value % unit)),
  ),
}

for (const [name, method] of Object.entries(methodsOfTime)) timeMethods.set(name, method)
for (const [name, method] of Object.entries(methodsOfDuration)) durationMethods.set(name, method)
