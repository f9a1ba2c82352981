// The elements of a layout that name a zone or an offset.

/** Thrown inside for "this element does not match here". */
export class Mismatch extends Error {}
/** Thrown inside for "matches, but no such hour". */
export class OutOfRange extends Error {}

/** What they tell. */
export interface ZoneFields {
  utc: boolean
  /** Seconds east. */
  offset: number | undefined
  zoneName: string
}

const OFFSETS: ReadonlyMap<string, RegExp> = new Map([
  ['07:00', /^(.)(..):(..)()/s],
  ['07', /^(.)(..)()()/s],
  ['07:00:00', /^(.)(..):(..):(..)/s],
  ['070000', /^(.)(..)(..)(..)/s],
  ['0700', /^(.)(..)(..)()/s],
])

export function readOffset(element: string, value: string, fields: ZoneFields): string {
  if (element.startsWith('Z') && value.startsWith('Z')) {
    fields.utc = true
    return value.slice(1)
  }
  const match = OFFSETS.get(element.slice(1))?.exec(value)
  if (!match) throw new Mismatch()
  const [all, sign, hour, minute, second] = match
  const numbers = [hour, minute, second].map(digits =>
    digits === '' ? 0 : /^\d\d$/.test(digits ?? '') ? Number(digits) : undefined,
  )
  const [h, m, s] = numbers
  if (h !== undefined && h > 24) throw new OutOfRange('time zone offset hour')
  if (h !== undefined && m !== undefined && m > 60) throw new OutOfRange('time zone offset minute')
  if (h !== undefined && m !== undefined && s !== undefined && s > 60) {
    throw new OutOfRange('time zone offset second')
  }
  if (h === undefined || m === undefined || s === undefined || (sign !== '+' && sign !== '-')) {
    throw new Mismatch()
  }
  fields.offset = ((h * 60 + m) * 60 + s) * (sign === '-' ? -1 : 1)
  return value.slice(all.length)
}

export function readZoneName(value: string, fields: ZoneFields): string {
  if (value.startsWith('UTC')) {
    fields.utc = true
    return value.slice(3)
  }
  const length = zoneNameLength(value)
  if (length === 0) throw new Mismatch()
  fields.zoneName = value.slice(0, length)
  return value.slice(length)
}

function zoneNameLength(value: string): number {
  if (value.length < 3) return 0
  if (value.startsWith('ChST') || value.startsWith('MeST')) return 4
  if (value.startsWith('GMT')) return 3 + signedHoursLength(value.slice(3))
  if (/^[+-]/.test(value)) return signedHoursLength(value)
  const upper = (/^[A-Z]{0,6}/.exec(value) as RegExpExecArray)[0]
  if (upper.length === 5) return upper.endsWith('T') ? 5 : 0
  if (upper.length === 4) return upper.endsWith('T') || upper === 'WITA' ? 4 : 0
  return upper.length === 3 ? 3 : 0
}

function signedHoursLength(value: string): number {
  const match = /^[+-]\d+/.exec(value)
  return match === null || BigInt(match[0].slice(1)) > 23n ? 0 : match[0].length
}
