// All that the command line writes, and the one cleaner that it goes through: much of it is the text of others, from a
// cluster or from their files, and a terminal takes orders.
import { once } from 'node:events'
import { Document, type Scalar, visit } from 'yaml'
import { LineWriter } from '../runtime/line-writer.ts'

/** Control characters other than tabs, and what reorders the rest of a line. */
const unprintable = /[^\t\P{Cc}]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu
const colour = '\x1b\\[[\\d;]*m'
const colourOrUnprintable = new RegExp(`${colour}|${unprintable.source}`, 'gu')
const reset = '\x1b[0m'

/**
 * A line as it may be shown: what is unprintable is a symbol, where Unicode has one the character's own. Colours stay,
 * and end with the line.
 */
export function visible(line: string): string {
  const shown = line.replaceAll(colourOrUnprintable, found => (found.length > 1 ? found : symbolOf(found)))
  return shown.includes('\x1b[') && !shown.endsWith(reset) ? `${shown}${reset}` : shown
}

function symbolOf(character: string): string {
  const code = character.charCodeAt(0)
  if (code > 0xff) return '\ufffd'
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\u2421'
}

/** White space and line breaks, as in messages of others, are one space each. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()
}

export function printLine(line: string): void {
  process.stdout.write(`${visible(line)}\n`)
}

/** Several lines, such as a help. */
export function printText(text: string): void {
  process.stdout.write(visibleLines(text))
}

/** Bytes that are somebody's result: exactly, unless a terminal is to show them. */
export function printExactly(bytes: Uint8Array): void {
  const { stdout } = process
  stdout.write(stdout.isTTY ? visibleLines(new TextDecoder().decode(bytes)) : bytes)
}

export function printDocument(document: object, format: 'yaml' | 'json'): void {
  const text = format === 'json' ? `${JSON.stringify(document, null, 2)}\n` : yamlOf(document)
  process.stdout.write(escaped(text))
}

/** Waits when the reader is slower. */
export async function printJsonLine(json: string): Promise<void> {
  if (!process.stdout.write(`${escaped(json)}\n`)) await once(process.stdout, 'drain')
}

/** To standard error; the lines after the first one of a template's failure are its picture. */
export function tell(text: string): void {
  tellText(`connectors: ${text}\n`)
}

export function tellText(text: string): void {
  process.stderr.write(visibleLines(text))
}

/** For lines of JSON with their ends, such as a log's. */
export function openJsonLines(fd: 1 | 2): Pick<LineWriter, 'write' | 'flush'> {
  const lines = new LineWriter(fd)
  return { write: line => lines.write(escaped(line)), flush: () => lines.flush() }
}

/** A reader that stops reading (`connectors render ... | head`) is no defect. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}

function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n')
}

/** In JSON, and in quotes in YAML. Line feeds are the text's own: those in its strings are escaped already. */
function escaped(text: string): string {
  return text.replaceAll(unprintable, found =>
    found === '\n' ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function yamlOf(value: object): string {
  const document = new Document(value)
  visit(document, {
    Scalar: (_, node) => {
      if (isUnprintable(node)) node.type = 'QUOTE_DOUBLE'
    },
  })
  return document.toString({ lineWidth: 0 })
}

function isUnprintable({ value }: Scalar): boolean {
  return typeof value === 'string' && value.replaceAll('\n', '').search(unprintable) >= 0
}
