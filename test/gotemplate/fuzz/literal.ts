// How values are spelled in a template, in all the ways Go allows.
import type { Writer } from './expression.ts'
import { type Flavour, randomText } from './text.ts'

export function textLiteral(w: Writer, flavour: Flavour): string {
  const { random } = w
  if (flavour === 'any' && random.chance(0.03)) {
    w.hit('literal invalid utf-8')
    return random.pick([
      '"\\xff"',
      '"a\\xc3(b"',
      '"\\xe4\\xb8"',
      '"x\\x80y\\xf0\\x9f"',
      '"\\377\\000"',
      '"\\xed\\xa0\\x80"',
    ])
  }
  return quoted(w, randomText(random, flavour))
}

export function quoted(w: Writer, text: string): string {
  if (!text.includes('`') && w.random.chance(0.25)) {
    w.hit('literal raw string')
    return `\`${text}\``
  }
  w.hit('literal string')
  let inner = ''
  for (const character of text) inner += escaped(w, character)
  return `"${inner}"`
}

const shortEscapes: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

function escaped(w: Writer, character: string): string {
  const { random } = w
  const code = character.codePointAt(0) as number
  const short = shortEscapes[character]
  if (short !== undefined) return short
  if (!random.chance(0.02)) return character
  w.hit('literal escape')
  if (code < 0x80)
    return random.pick([`\\x${hex(code, 2)}`, `\\u${hex(code, 4)}`, `\\${code.toString(8).padStart(3, '0')}`])
  return code > 0xffff || random.chance(0.3) ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}

export function intLiteral(w: Writer, value: number): string {
  const { random } = w
  if (value < 0 || random.chance(0.85)) {
    w.hit('literal int')
    return random.chance(0.03) && value >= 0 ? `+${value}` : String(value)
  }
  w.hit('literal int in another base')
  const character =
    value >= 33 && value < 127 && value !== 39 && value !== 92
      ? `'${String.fromCharCode(value)}'`
      : `'\\x${hex(value, 2)}'`
  const choices = [
    `0x${value.toString(16)}`,
    `0X${value.toString(16).toUpperCase()}`,
    `0o${value.toString(8)}`,
    `0b${value.toString(2)}`,
    `0${value.toString(8)}`,
  ]
  return random.pick(value < 256 ? [...choices, character] : choices)
}

export function anyIntLiteral(w: Writer): string {
  const { random } = w
  if (random.chance(0.08)) {
    w.hit('literal int in another base')
    return random.pick([
      "'a'",
      "'é'",
      "'\\n'",
      "'😀'",
      "'\\''",
      '1_000',
      '0x_ff',
      '9223372036854775807',
      '-9223372036854775808',
      '0b101',
      '0755',
      '0xFFFF_FFFF',
      '-0x10',
    ])
  }
  return intLiteral(
    w,
    random.weighted([
      [6, random.between(0, 12)],
      [2, random.between(-20, 200)],
      [1, random.pick([1000, 1e6, 65535, 1700000000, -1])],
    ]),
  )
}

export function floatLiteral(w: Writer): string {
  w.hit('literal float')
  return w.random.pick([
    '0.0',
    '1.0',
    '1.5',
    '-2.5',
    '3.14159',
    '1e3',
    '.5',
    '2.675',
    '1e-7',
    '1e21',
    '123456789.0',
    '0x1p4',
    '1_0.5',
    '-0.0',
    '100000.0',
    '1000000.0',
    '2.',
    '0.1',
    '99.995',
    '1e6',
    '-1e-3',
    '5e-324',
    '1.7976931348623157e308',
    '0X1.8p1',
    '1E5',
  ])
} // prettier-ignore
