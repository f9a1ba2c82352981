// Plain string functions: case, trimming, cutting, searching, quoting, splitting, joining.
import { byteLength, canonical, runesOf, sliceBytes } from '../bytes.ts'
import { printed } from '../format/print.ts'
import { quote } from '../format/quote.ts'
import type { Call, TemplateFunction } from '../function.ts'
import { any, define, FunctionError, int, string, variadic } from '../function.ts'
import { stringMapType, stringSliceType } from '../type.ts'
import { isSpace } from '../unicode.ts'
import { Dict, List, type Value } from '../value.ts'
import { lowerText, titleText, upperText } from './case.ts'
import { stringList, stringsOf, strval } from './text.ts'

/** A function of one text whose work and result grow with the text alone. */
function mapping(body: (text: string) => string): TemplateFunction {
  return define([string], (call, text) => {
    call.steps(Math.ceil(text.length / 16))
    call.allocate(text.length * 4)
    return body(text)
  })
}

/** Go's strings.TrimFunc. */
function trimWhere(text: string, isTrimmed: (rune: number) => boolean): string {
  const trims = (character: string): boolean => isTrimmed(runesOf(character)[0] as number)
  let from = 0
  let to = text.length
  while (from < to) {
    const character = String.fromCodePoint(text.codePointAt(from) as number)
    if (!trims(character)) break
    from += character.length
  }
  while (to > from) {
    const isPair = to - from > 1 && (text.codePointAt(to - 2) as number) > 0xffff
    const character = text.slice(isPair ? to - 2 : to - 1, to)
    if (!trims(character)) break
    to -= character.length
  }
  return text.slice(from, to)
}

function trimSet(set: string, text: string): string {
  const members = new Set(runesOf(set))
  return trimWhere(text, rune => members.has(rune))
}

function repeat(call: Call, count: number, text: string): string {
  if (count < 0) throw new FunctionError('strings: negative Repeat count')
  if (text === '') return ''
  call.allocate(count * byteLength(text))
  return canonical(text.repeat(count))
}

function indent(call: Call, spaces: number, text: string): string {
  if (spaces < 0) throw new FunctionError('strings: negative Repeat count')
  const lines = text.split('\n')
  call.allocate(text.length + spaces * lines.length)
  const pad = ' '.repeat(spaces)
  return pad + lines.join(`\n${pad}`)
}

/** Charged before the parts are made. */
function cut(call: Call, text: string, separator: string): string[] {
  if (separator === '') {
    call.allocate(text.length * 17)
    return Array.from(text)
  }
  let count = 1
  const { length } = separator
  for (let at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, at + length)) count++
  call.allocate(text.length + count * 16)
  return text.split(separator)
}

function replaceAll(call: Call, old: string, replacement: string, text: string): string {
  if (old !== '' && !text.includes(old)) return text
  const parts = old === '' ? ['', ...cut(call, text, ''), ''] : cut(call, text, old)
  call.allocate(parts.length * replacement.length)
  return canonical(parts.join(replacement))
}

/** Go's strings.SplitN: negative for all, an empty separator cuts into characters. */
function splitText(call: Call, separator: string, text: string, limit: number): string[] {
  if (limit === 0) return []
  const parts = cut(call, text, separator)
  if (limit < 0 || parts.length <= limit) return parts
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)]
}

function numbered(call: Call, parts: readonly string[]): Dict {
  call.allocate(parts.length * 64)
  return new Dict(stringMapType, new Map(parts.map((part, i) => [`_${i}`, part])))
}

function trunc(count: number, text: string): string {
  const length = byteLength(text)
  if (count < 0 && length + count > 0) return sliceBytes(text, length + count, length)
  return count >= 0 && length > count ? sliceBytes(text, 0, count) : text
}

function substring(start: number, end: number, text: string): string {
  const length = byteLength(text)
  if (start < 0) {
    if (end >= 0 && end <= length) return sliceBytes(text, 0, end)
    const bound = end < 0 ? '' : ` with length ${length}`
    throw new FunctionError(`runtime error: slice bounds out of range [:${end}]${bound}`)
  }
  const to = end < 0 || end > length ? length : end
  if (start <= to) return sliceBytes(text, start, to)
  throw new FunctionError(`runtime error: slice bounds out of range [${start}:${to}]`)
}

function withoutNil(values: readonly Value[]): readonly Value[] {
  return values.filter(value => value !== null && value !== undefined)
}

function joinCharged(call: Call, parts: readonly string[]): string {
  call.allocate(parts.reduce((size, part) => size + part.length + 1, 0))
  return parts.join(' ')
}

// sprig trims the format, not the result: leading and trailing blanks of the values stay.
function cat(call: Call, values: readonly Value[]): string {
  return canonical(
    joinCharged(
      call,
      withoutNil(values).map(value => printed(call, value)),
    ),
  )
}

const trimAll = define([string, string], (_, set, text) => trimSet(set, text))

export const strings: Readonly<Record<string, TemplateFunction>> = {
  hello: define([], () => 'Hello!'),
  trim: mapping(text => trimWhere(text, isSpace)),
  trimall: trimAll,
  trimAll,
  trimSuffix: define([string, string], (_, suffix, text) =>
    text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text,
  ),
  trimPrefix: define([string, string], (_, prefix, text) =>
    text.startsWith(prefix) ? text.slice(prefix.length) : text,
  ),
  upper: mapping(upperText),
  lower: mapping(lowerText),
  title: mapping(titleText),
  repeat: define([int, string], repeat),
  substr: define([int, int, string], (_, start, end, text) => substring(start, end, text)),
  trunc: define([int, string], (_, count, text) => trunc(count, text)),
  contains: define([string, string], (_, part, text) => text.includes(part)),
  hasPrefix: define([string, string], (_, prefix, text) => text.startsWith(prefix)),
  hasSuffix: define([string, string], (_, suffix, text) => text.endsWith(suffix)),
  replace: define([string, string, string], replaceAll),
  plural: define([string, string, int], (_, one, many, count) => (count === 1 ? one : many)),
  indent: define([int, string], indent),
  nindent: define([int, string], (call, spaces, text) => `\n${indent(call, spaces, text)}`),

  toString: define([any], (call, value) => strval(call, value)),
  quote: variadic([], any, (call, ...values) =>
    joinCharged(
      call,
      withoutNil(values).map(value => quote(strval(call, value))),
    ),
  ),
  squote: variadic([], any, (call, ...values) =>
    joinCharged(
      call,
      withoutNil(values).map(value => `'${printed(call, value)}'`),
    ),
  ),
  cat: variadic([], any, (call, ...values) => cat(call, values)),

  split: define([string, string], (call, separator, text) =>
    numbered(call, splitText(call, separator, text, -1)),
  ),
  splitn: define([string, int, string], (call, separator, limit, text) =>
    numbered(call, splitText(call, separator, text, limit)),
  ),
  splitList: define([string, string], (call, separator, text) =>
    stringList(splitText(call, separator, text, -1)),
  ),
  toStrings: define([any], (call, value) =>
    value instanceof List && value.type === stringSliceType ? value : stringList(stringsOf(call, value)),
  ),
  join: define([string, any], (call, separator, value) => {
    const parts = stringsOf(call, value)
    call.allocate(parts.reduce((size, part) => size + part.length, separator.length * parts.length))
    return canonical(parts.join(separator))
  }),
}
