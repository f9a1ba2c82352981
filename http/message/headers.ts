// Header fields as one flat list in the order and spelling of the wire, and which of them end at this hop.
import { equalsIgnoringCase } from './characters.ts'

/** name, value, name, value, ... one character per byte. */
export type HeaderList = readonly string[]

/** What the data path itself cares about. Ordinary fields are 0. */
export const field = {
  ordinary: 0,
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  upgrade: 5,
  te: 6,
  expect: 7,
  authorization: 8,
  proxyAuthorization: 9,
  keepAlive: 10,
  /** Ends at this hop and means nothing to us. */
  otherHop: 11,
} as const

const byLength: readonly (readonly (readonly [string, number])[])[] = (() => {
  const known: [string, number][] = [
    ['host', field.host],
    ['content-length', field.contentLength],
    ['transfer-encoding', field.transferEncoding],
    ['connection', field.connection],
    ['upgrade', field.upgrade],
    ['te', field.te],
    ['expect', field.expect],
    ['authorization', field.authorization],
    ['proxy-authorization', field.proxyAuthorization],
    ['keep-alive', field.keepAlive],
    ['http2-settings', field.otherHop],
  ]
  return Array.from({ length: 32 }, (_, length) => known.filter(([name]) => name.length === length))
})()

/** Which `field` a name is. */
export const fieldKind = (name: string): number => {
  const candidates = byLength[name.length]
  if (candidates !== undefined) {
    for (let at = 0; at < candidates.length; at++) {
      const candidate = candidates[at] as readonly [string, number]
      if (equalsIgnoringCase(name, candidate[0])) return candidate[1]
    }
  }
  const isProxyField = (name.charCodeAt(0) | 0x20) === 0x70 && equalsIgnoringCase(name.slice(0, 6), 'proxy-')
  return isProxyField ? field.otherHop : field.ordinary
}

/**
 * Whether this field line is of Transfer-Encoding. Readers disagree on a coding that is followed by a space:
 * some take the body for one without framing.
 */
export const isCodingName = (bytes: Buffer, from: number, end: number): boolean =>
  end - from > 17 && bytes.toString('latin1', from, from + 18).toLowerCase() === 'transfer-encoding:'

/** Value of the first field of this name, which is given in lower case. */
export const findHeader = (headers: HeaderList, lowered: string): string | undefined => {
  for (let at = 0; at < headers.length; at += 2) {
    if (equalsIgnoringCase(headers[at] as string, lowered)) return headers[at + 1]
  }
  return undefined
}

// A sender could name these in Connection to have them taken away from the message that we pass on.
const keptAlways = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'te',
  // Options, and no names of fields.
  'close',
  'keep-alive',
])

export interface ConnectionOptions {
  readonly close: boolean
  readonly keepAlive: boolean
  readonly upgrade: boolean
  /** Fields that end at this hop because `Connection` names them, in lower case. */
  readonly named: ReadonlySet<string>
  /** How many elements the lists had so far, empty ones among them. */
  readonly elements: number
}

const mostElements = 50

export const noConnectionOptions: ConnectionOptions = {
  close: false,
  keepAlive: false,
  upgrade: false,
  named: new Set(),
  elements: 0,
}
const keepAliveOnly: ConnectionOptions = { ...noConnectionOptions, keepAlive: true, elements: 1 }
const closeOnly: ConnectionOptions = { ...noConnectionOptions, close: true, elements: 1 }

/** Undefined: the elements of all lines together are too many (`refusals.connectionLong`). */
export const parseConnectionOptions = (
  value: string,
  before: ConnectionOptions,
): ConnectionOptions | undefined => {
  if (before === noConnectionOptions) {
    if (equalsIgnoringCase(value, 'keep-alive')) return keepAliveOnly
    if (equalsIgnoringCase(value, 'close')) return closeOnly
  }
  const elements = value.split(',', mostElements + 1).map(element => element.trim().toLowerCase())
  if (before.elements + elements.length > mostElements) return undefined
  const named = new Set(before.named)
  for (const name of elements) if (name !== '' && !keptAlways.has(name)) named.add(name)
  return {
    close: before.close || elements.includes('close'),
    keepAlive: before.keepAlive || elements.includes('keep-alive'),
    upgrade: before.upgrade || elements.includes('upgrade'),
    named,
    elements: before.elements + elements.length,
  }
}

/** The list without the fields that `Connection` named. */
export const withoutNamed = (headers: HeaderList, named: ReadonlySet<string>): HeaderList => {
  if (named.size === 0) return headers
  const kept: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string
    if (!named.has(name.toLowerCase())) kept.push(name, headers[at + 1] as string)
  }
  return kept
}
