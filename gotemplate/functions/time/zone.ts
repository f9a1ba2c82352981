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
  const offsetAt = (at: number): number => {
    const seconds = withinDates(at)
    const parts = new Map(format.formatToParts(seconds * 1000).map(part => [part.type, part.value]))
    const field = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type))
    const year = parts.get('era') === 'BC' ? 1 - field('year') : field('year')
    const wall = new Date(0)
    wall.setUTCFullYear(year, field('month') - 1, field('day'))
    wall.setUTCHours(field('hour'), field('minute'), field('second'))
    return wall.getTime() / 1000 - seconds
  }
  // Go finds a zone by its exact name.
  const known = format.resolvedOptions().timeZone
  if (known !== name && known.toLowerCase() === name.toLowerCase()) return undefined
  return {
    name,
    lookup: seconds => {
      const offset = offsetAt(seconds)
      return {
        offset,
        get name() {
          return abbreviation(name, seconds, offset)
        },
      }
    },
  }
}

/** JavaScript's dates end long before Go's; zones do not change any more there. */
function withinDates(seconds: number): number {
  return Math.max(-8e12, Math.min(8e12, seconds))
}

// Abbreviations that no English has for Intl, or that Intl has and the time zone database has not: by minutes east.
const SPELLED: ReadonlyMap<string, string> = new Map(
  [
    'CST 480 Asia/Chongqing Asia/Chungking Asia/Harbin Asia/Macao Asia/Macau Asia/Shanghai Asia/Taipei PRC ROC',
    'MST -420 America/Dawson America/Hermosillo America/Mazatlan America/Whitehorse Canada/Yukon Mexico/BajaSur',
    'GMT 0 Etc/GMT GMT GMT+0 GMT-0 GMT0',
    'MSK 180 Europe/Kirov Europe/Moscow Europe/Simferopol Europe/Volgograd W-SU',
    'SST -660 Pacific/Midway Pacific/Pago_Pago Pacific/Samoa US/Samoa',
    'HST -600 America/Adak America/Atka US/Aleutian',
    'HDT -540 America/Adak America/Atka US/Aleutian',
    'IST 120 Asia/Jerusalem Asia/Tel_Aviv Israel',
    'IDT 180 Asia/Jerusalem Asia/Tel_Aviv Israel',
    'KST 540 Asia/Pyongyang Asia/Seoul ROK',
    'BST 60 Europe/Guernsey Europe/Isle_of_Man Europe/Jersey',
    'CST -300 America/Havana Cuba',
    'CDT -240 America/Havana Cuba',
    'NST -210 America/St_Johns Canada/Newfoundland',
    'NDT -150 America/St_Johns Canada/Newfoundland',
    '+04 240 Asia/Dubai Asia/Muscat',
    'WIB 420 Asia/Jakarta Asia/Pontianak',
    'WITA 480 Asia/Makassar Asia/Ujung_Pandang',
    'WIT 540 Asia/Jayapura',
    'JST 540 Asia/Tokyo Japan',
    'HKT 480 Asia/Hong_Kong Hongkong',
    '+11 660 Australia/LHI Australia/Lord_Howe',
    '+1030 630 Australia/LHI Australia/Lord_Howe',
    'IST 60 Eire Europe/Dublin',
    '+1345 825 NZ-CHAT Pacific/Chatham',
    '+1245 765 NZ-CHAT Pacific/Chatham',
    'ChST 600 Pacific/Guam Pacific/Saipan',
    '+08 480 Antarctica/Casey',
    '+00 0 Antarctica/Troll',
    '+0530 330 Asia/Colombo',
    'PKT 300 Asia/Karachi',
    'PST 480 Asia/Manila',
    '+0845 525 Australia/Eucla',
    'MET 60 MET',
    'MEST 120 MET',
  ].flatMap(line => {
    const [name = '', minutes, ...zones] = line.split(' ')
    return zones.map(zone => [`${zone} ${minutes}`, name] as const)
  }),
)

const LOCALES: readonly string[] = 'US GB AU NZ IN ZA NG KE IL HK PH'
  .split(' ')
  .map(country => `en-${country}`)

// Intl knows abbreviations only in the English of the people who live there; elsewhere the database itself mostly has
// the numeric form. Exact for the present, not always for the past.
function abbreviation(zone: string, seconds: number, offset: number): string {
  const minutes = Math.trunc(offset / 60)
  const spelled = SPELLED.get(`${zone} ${minutes}`)
  if (spelled !== undefined) return spelled
  for (const locale of LOCALES) {
    const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' })
    const name =
      parts.formatToParts(withinDates(seconds) * 1000).find(part => part.type === 'timeZoneName')?.value ?? ''
    if (/^[A-Z]{2,5}$/i.test(name)) return name
  }
  const size = Math.abs(minutes)
  const hours = `${Math.trunc(size / 60)}`.padStart(2, '0')
  const rest = size % 60 === 0 ? '' : `${size % 60}`.padStart(2, '0')
  return (minutes < 0 ? '-' : '+') + hours + rest
}
