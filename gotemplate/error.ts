// What goes wrong with a template: Go's message, the place, and a picture of the template's line.
import { byteLength } from './bytes.ts'

/** The text a template was parsed from. */
export interface Source {
  /** As in messages; templates defined inside keep the name of the outermost. */
  readonly name: string
  readonly text: string
}

export interface Place {
  /** From 1. */
  readonly line: number
  /** In bytes from 0, as Go counts. Parse errors have the line only. */
  readonly column: number | undefined
  /** The template's line with a caret below it; never a value of the data. */
  readonly excerpt: string
}

export type LimitName = 'output' | 'steps' | 'depth' | 'cpu' | 'allocation'

export class TemplateError extends Error {
  /** parse: the text is no template; execute: it failed with this data; limit: it wanted too much. */
  readonly reason: 'parse' | 'execute' | 'limit'
  /** The template's name. */
  readonly template: string
  readonly line: number | undefined
  readonly column: number | undefined
  readonly excerpt: string | undefined
  /** Go's text to the byte. It can repeat values of the data, which `message` never does. */
  readonly goMessage: string
  /** The cause alone, without place and node; like `message` free of data. */
  readonly detail: string
  readonly limit: LimitName | undefined

  constructor(
    message: string,
    details: {
      readonly reason: TemplateError['reason']
      readonly template: string
      readonly detail: string
      readonly place?: Place | undefined
      readonly goMessage?: string
      readonly limit?: LimitName | undefined
      readonly cause?: unknown
    },
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'TemplateError'
    this.reason = details.reason
    this.template = details.template
    this.line = details.place?.line
    this.column = details.place?.column
    this.excerpt = details.place?.excerpt
    this.goMessage = details.goMessage ?? message
    this.detail = details.detail
    this.limit = details.limit
  }
}

/** A limit was passed. The engine turns it into a TemplateError that knows the place. */
export class LimitError extends Error {
  readonly limit: LimitName

  constructor(limit: LimitName, message: string) {
    super(message)
    this.name = 'LimitError'
    this.limit = limit
  }
}

const excerptWidth = 100

/** The place of an index into the source's text. */
export function placeOf(source: Source, index: number): Place & { readonly column: number } {
  const lineStart = source.text.lastIndexOf('\n', index - 1) + 1
  return {
    line: lineAt(source.text, index),
    column: byteLength(source.text.slice(lineStart, index)),
    excerpt: excerptAt(source.text, lineStart, index),
  }
}

export function lineAt(text: string, index: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < index; at = text.indexOf('\n', at + 1)) line++
  return line
}

function excerptAt(text: string, lineStart: number, index: number): string {
  const newline = text.indexOf('\n', lineStart)
  const lineEnd = newline < 0 ? text.length : newline
  const from = Math.max(lineStart, index - excerptWidth)
  const shown = text.slice(from, Math.min(lineEnd, index + excerptWidth))
  const before = text.slice(from, index).replace(/[^\t]/gu, ' ')
  return `${shown}\n${before}^`
}
