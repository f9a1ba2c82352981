// Wrapping and abbreviating text, as Masterminds/goutils does it: by bytes, so a character may be cut.
import { bytesOf, isAscii, textOf } from '../bytes.ts'
import type { Call, TemplateFunction } from '../function.ts'
import { define, int, string } from '../function.ts'
import { delimitedCase, pascalCase, swapCase, untitleText } from './case.ts'

const BLANK = 0x20

interface WrapOptions {
  readonly width: number
  readonly newline: string
  readonly breakLongWords: boolean
}

function wrap(call: Call, text: string, options: WrapOptions): string {
  const bytes = bytesOf(text)
  const width = Math.max(1, options.width)
  const newline = options.newline === '' ? '\n' : options.newline
  call.steps(Math.ceil(bytes.length / width))
  const lines: string[] = []
  let size = bytes.length
  const line = (from: number, to: number): void => {
    size += newline.length + 16
    call.allocate(size)
    lines.push(textOf(bytes.subarray(from, to)))
  }
  let offset = 0
  while (bytes.length - offset > width) {
    if (bytes[offset] === BLANK) {
      offset++
      continue
    }
    const space = bytes.lastIndexOf(BLANK, offset + width)
    if (space >= offset) {
      line(offset, space)
      offset = space + 1
    } else if (options.breakLongWords) {
      line(offset, offset + width)
      offset += width
    } else {
      const end = bytes.indexOf(BLANK, offset + width)
      if (end < 0) {
        lines.push(textOf(bytes.subarray(offset)))
        return textOf(bytesOf(lines.join(newline)))
      }
      line(offset, end)
      offset = end + 1
    }
  }
  lines.push(textOf(bytes.subarray(offset)))
  return textOf(bytesOf(lines.join(newline)))
}

/** At most `width` bytes, dots where something is missing; `offset` is what must stay to the left. */
function abbreviate(text: string, offset: number, width: number): string {
  const bytes = bytesOf(text)
  const length = bytes.length
  if (length <= width) return text
  let from = Math.min(offset, length)
  if (length - from < width - 3) from = length - (width - 3)
  if (from <= 4) return `${textOf(bytes.subarray(0, width - 3))}...`
  if (width < 7) return ''
  if (from + width - 3 < length) {
    return `...${abbreviate(textOf(bytes.subarray(from)), 0, width - 3)}`
  }
  return `...${textOf(bytes.subarray(length - (width - 3)))}`
}

// Here goutils takes every byte for a character of Latin-1.
function isSpaceByte(byte: number): boolean {
  return (byte >= 9 && byte <= 13) || byte === BLANK || byte === 0x85 || byte === 0xa0
}

function latin1(bytes: Iterable<number>): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

function withoutSpace(text: string): string {
  if (isAscii(text)) return text.replace(/[\t-\r ]+/g, '')
  const bytes = bytesOf(text)
  const kept = bytes.filter(byte => !isSpaceByte(byte))
  return kept.length === bytes.length ? text : latin1(kept)
}

function initials(text: string): string {
  const bytes = bytesOf(text)
  return latin1(
    bytes.filter((byte, i) => !isSpaceByte(byte) && (i === 0 || isSpaceByte(bytes[i - 1] as number))),
  )
}

function charged(body: (text: string) => string): TemplateFunction {
  return define([string], (call, text) => {
    call.allocate(text.length * 4)
    call.steps(Math.ceil(text.length / 2))
    return body(text)
  })
}

export const words: Readonly<Record<string, TemplateFunction>> = {
  wrap: define([int, string], (call, width, text) =>
    wrap(call, text, { width, newline: '', breakLongWords: false }),
  ),
  wrapWith: define([int, string, string], (call, width, newline, text) =>
    wrap(call, text, { width, newline, breakLongWords: true }),
  ),
  abbrev: define([int, string], (_, width, text) => (width < 4 ? text : abbreviate(text, 0, width))),
  abbrevboth: define([int, int, string], (_, left, right, text) =>
    right < 4 || (left > 0 && right < 7) ? text : abbreviate(text, left, right),
  ),
  nospace: charged(withoutSpace),
  initials: charged(initials),
  untitle: charged(untitleText),
  swapcase: charged(swapCase),
  camelcase: charged(pascalCase),
  snakecase: charged(text => delimitedCase(text, '_')),
  kebabcase: charged(text => delimitedCase(text, '-')),
}
