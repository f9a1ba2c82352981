// What stands before a node or a document: anchors, tags, directives.
import { isBlank, isBreak, type Reader } from './reader.ts'

/** Of an anchor or alias; the mark before it is skipped. */
export function scanAnchorName(reader: Reader): string {
  reader.skip()
  const name = reader.readWhile(/[0-9A-Za-z_-]/)
  if (name === '' || !(isAtBlankOrEnd(reader) || /[?:,\]}%@`]/.test(reader.peek()))) {
    reader.fail('did not find expected alphabetic or numeric character')
  }
  return name
}

function isAtBlankOrEnd(reader: Reader): boolean {
  const next = reader.peek()
  return next === '' || isBlank(next) || isBreak(next)
}

export interface Tag {
  /** The handle; '' if the suffix is the whole tag. */
  readonly value: string
  readonly suffix: string
}

export function scanTag(reader: Reader): Tag {
  const tag = reader.peek(1) === '<' ? scanVerbatimTag(reader) : scanShortTag(reader)
  if (!isAtBlankOrEnd(reader)) reader.fail('did not find expected whitespace or line break')
  return tag
}

function scanVerbatimTag(reader: Reader): Tag {
  reader.skip()
  reader.skip()
  const suffix = scanUri(reader, '')
  if (reader.peek() !== '>') reader.fail("did not find the expected '>'")
  reader.skip()
  return { value: '', suffix }
}

function scanShortTag(reader: Reader): Tag {
  const handle = scanHandle(reader, false)
  if (handle.length > 1 && handle.endsWith('!')) return { value: handle, suffix: scanUri(reader, '') }
  const suffix = scanUri(reader, handle)
  return suffix === '' ? { value: '', suffix: '!' } : { value: '!', suffix }
}

function scanHandle(reader: Reader, isDirective: boolean): string {
  if (reader.peek() !== '!') reader.fail("did not find expected '!'")
  let handle = reader.read() + reader.readWhile(/[0-9A-Za-z_-]/)
  if (reader.peek() === '!') handle += reader.read()
  else if (isDirective && handle !== '!') reader.fail("did not find expected '!'")
  return handle
}

/** `head` is what was taken for a handle and begins the suffix. */
function scanUri(reader: Reader, head: string): string {
  let uri = head.slice(1)
  let hasTag = head !== ''
  for (;;) {
    const plain = reader.readWhile(/[0-9A-Za-z_\-;/?:@&=+$,.!~*'()[\]]/)
    uri += plain
    if (reader.peek() !== '%') {
      hasTag ||= plain !== ''
      break
    }
    hasTag = true
    uri += scanEscape(reader)
  }
  if (!hasTag) reader.fail('did not find expected tag URI')
  return uri
}

/** One character, its UTF-8 bytes escaped one by one. */
function scanEscape(reader: Reader): string {
  const bytes: number[] = []
  let wanted = 1
  while (bytes.length < wanted) {
    const digits = reader.peek(1) + reader.peek(2)
    if (reader.peek() !== '%' || !/^[0-9A-Fa-f]{2}$/.test(digits))
      reader.fail('did not find URI escaped octet')
    const byte = Number.parseInt(digits, 16)
    if (bytes.length === 0) {
      wanted = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 0
      if (wanted === 0) reader.fail('found an incorrect leading UTF-8 octet')
    } else if ((byte & 0xc0) !== 0x80) reader.fail('found an incorrect trailing UTF-8 octet')
    bytes.push(byte)
    for (let i = 0; i < 3; i++) reader.skip()
  }
  return new TextDecoder().decode(Uint8Array.from(bytes))
}

export interface Directive {
  readonly kind: 'version-directive' | 'tag-directive'
  /** `major.minor`, or the handle of a tag. */
  readonly value: string
  /** The prefix that a handle stands for. */
  readonly suffix: string
}

/** With its line break. */
export function scanDirective(reader: Reader): Directive {
  reader.skip()
  const name = reader.readWhile(/[0-9A-Za-z_-]/)
  if (name === '') reader.fail('could not find expected directive name')
  if (!isAtBlankOrEnd(reader)) reader.fail('found unexpected non-alphabetical character')
  if (name !== 'YAML' && name !== 'TAG') reader.fail('found unknown directive name')
  const directive = name === 'YAML' ? scanVersion(reader) : scanTagDirective(reader)
  reader.skipBlanks()
  if (reader.peek() === '#') reader.skipLineRest()
  if (reader.peek() !== '' && !isBreak(reader.peek())) {
    reader.fail('did not find expected comment or line break')
  }
  reader.readBreak()
  return directive
}

function scanVersion(reader: Reader): Directive {
  reader.skipBlanks()
  const major = scanVersionNumber(reader)
  if (reader.peek() !== '.') reader.fail("did not find expected digit or '.' character")
  reader.skip()
  return { kind: 'version-directive', value: `${major}.${scanVersionNumber(reader)}`, suffix: '' }
}

function scanVersionNumber(reader: Reader): number {
  let digits = ''
  while (/^[0-9]$/.test(reader.peek())) {
    if (digits.length === 2) reader.fail('found extremely long version number')
    digits += reader.read()
  }
  if (digits === '') reader.fail('did not find expected version number')
  return Number(digits)
}

function scanTagDirective(reader: Reader): Directive {
  reader.skipBlanks()
  const value = scanHandle(reader, true)
  if (!isBlank(reader.peek())) reader.fail('did not find expected whitespace')
  reader.skipBlanks()
  const suffix = scanUri(reader, '')
  if (!isAtBlankOrEnd(reader)) reader.fail('did not find expected whitespace or line break')
  return { kind: 'tag-directive', value, suffix }
}
