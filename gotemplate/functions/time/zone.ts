// Time zones as Go's time.Location: an offset and an abbreviation for every moment.

export interface ZoneLookup {
  /** `CET`, or '' where only the offset is known. */
  readonly name: string
  /** Seconds east of Greenwich. */
  readonly offset: number
}

export interface Zone {
  /** `UTC`, `Local`, `Europe/Berlin` or ''. */
  readonly name: string
  lookup(seconds: number): ZoneLookup
}

export const UTC: Zone = { name: 'UTC', lookup: () => ({ name: 'UTC', offset: 0 }) }

export function fixedZone(name: string, offset: number): Zone {
  return { name, lookup: () => ({ name, offset }) }
}

/** The zone of the IANA database with that name ('' and `UTC` are UTC), or undefined. */
export function zoneFromName(name: string): Zone | undefined {
  if (name === '' || name === 'UTC') return UTC
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/.test(name)) return undefined
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    return undefined
  }
  const offsetAt = (seconds: number): number => {
    const at = new Map(format.formatToParts(seconds * 1000).map(part => [part.type, part.value]))
    const field = (type: Intl.DateTimeFormatPartTypes): number => Number(at.get(type))
    const year = at.get('era') === 'BC' ? 1 - field('year') : field('year')
    const wall = new Date(0)
    wall.setUTCFullYear(year, field('month') - 1, field('day'))
    wall.setUTCHours(field('hour'), field('minute'), field('second'))
    return wall.getTime() / 1000 - seconds
  }
  return {
    name,
    lookup: seconds => {
      const offset = offsetAt(seconds)
      return { name: abbreviation(name, seconds, offset), offset }
    },
  }
}

// Intl knows abbreviations only in the English of the people who live there; elsewhere the database itself
// mostly uses the numeric form.
function abbreviation(zone: string, seconds: number, offset: number): string {
  for (const locale of [
    'en-US',
    'en-GB',
    'en-AU',
    'en-NZ',
    'en-IN',
    'en-ZA',
    'en-NG',
    'en-KE',
    'en-IL',
    'en-HK',
    'en-PH',
  ]) {
    const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' })
    const name = parts.formatToParts(seconds * 1000).find(part => part.type === 'timeZoneName')?.value ?? ''
    if (/^[A-Z]{2,5}$/i.test(name)) return name
  }
  const minutes = Math.abs(Math.trunc(offset / 60))
  const hours = `${Math.trunc(minutes / 60)}`.padStart(2, '0')
  const rest = minutes % 60 === 0 ? '' : `${minutes % 60}`.padStart(2, '0')
  return (offset < 0 ? '-' : '+') + hours + rest
}
