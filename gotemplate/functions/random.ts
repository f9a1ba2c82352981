// Random texts and numbers, all from the injected source of bytes.
import { runesOf } from '../bytes.ts'
import type { Call, TemplateFunction } from '../function.ts'
import { define, FunctionError, int as goInt, string } from '../function.ts'
import { int } from '../value.ts'
import { encodeBase64 } from './encoding.ts'
import { textFromRunes } from './runes.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'
const ASCII = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('')

function bytes(call: Call, size: number): Uint8Array {
  if (call.random === undefined) throw new FunctionError('no source of randomness was given')
  call.steps(Math.ceil(size / 16))
  return call.random(size)
}

/** A number below `bound`, each as likely as the others: draws that would favour some are thrown away. */
function below(call: Call, bound: bigint): bigint {
  const size = Math.ceil((bound - 1n).toString(2).length / 8)
  const range = 1n << BigInt(size * 8)
  const fair = range - (range % bound)
  for (;;) {
    let value = 0n
    for (const byte of bytes(call, size)) value = (value << 8n) | BigInt(byte)
    if (value < fair) return value % bound
    call.steps(1)
  }
}

function randomText(alphabet: string): TemplateFunction {
  return define([goInt], (call, count) => {
    if (count <= 0) return ''
    call.allocate(count)
    call.steps(count)
    let text = ''
    const bound = BigInt(alphabet.length)
    for (let i = 0; i < count; i++) text += alphabet[Number(below(call, bound))]
    return text
  })
}

function shuffle(call: Call, text: string): string {
  call.steps(text.length)
  call.allocate(text.length * 8)
  const runes = runesOf(text)
  for (let i = runes.length - 1; i > 0; i--) {
    const other = Number(below(call, BigInt(i + 1)))
    const rune = runes[i] as number
    runes[i] = runes[other] as number
    runes[other] = rune
  }
  return textFromRunes(runes)
}

function uuid(call: Call): string {
  const random = Uint8Array.from(bytes(call, 16))
  random[6] = ((random[6] as number) & 0x0f) | 0x40
  random[8] = ((random[8] as number) & 0x3f) | 0x80
  const digits = Array.from(random, byte => byte.toString(16).padStart(2, '0')).join('')
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

export const random: Readonly<Record<string, TemplateFunction>> = {
  randAlphaNum: randomText(LETTERS + DIGITS),
  randAlpha: randomText(LETTERS),
  randNumeric: randomText(DIGITS),
  randAscii: randomText(ASCII),
  randBytes: define([goInt], (call, count) => {
    if (count < 0) throw new FunctionError('runtime error: makeslice: len out of range')
    call.allocate(count * 2)
    return encodeBase64(bytes(call, count))
  }),
  randInt: define([goInt, goInt], (call, from, to) => {
    if (to <= from) throw new FunctionError('invalid argument to Intn')
    return int(BigInt(from) + below(call, BigInt(to) - BigInt(from)))
  }),
  shuffle: define([string], shuffle),
  uuidv4: define([], uuid),
}
