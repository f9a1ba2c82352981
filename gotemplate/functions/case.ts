// Words and their case: Masterminds/goutils and huandu/xstrings as sprig uses them.
import { canonical, runesOf } from '../bytes.ts'
import { isDigit, isLetter, isSpace } from '../unicode.ts'
import {
  isLower,
  isNumber,
  isPunctuation,
  isTitle,
  isUpper,
  lowerRune,
  textFromRunes,
  titleRune,
  upperRune,
} from './runes.ts'

// strings.Map returns the text itself while nothing changes; from then on a bad byte has become U+FFFD.
function mapText(text: string, mapping: (rune: number) => number): string {
  return textFromRunes(runesOf(text).map(mapping))
}

export function upperText(text: string): string {
  return isAsciiOnly(text) ? text.toUpperCase() : mapText(text, upperRune)
}

export function lowerText(text: string): string {
  return isAsciiOnly(text) ? text.toLowerCase() : mapText(text, lowerRune)
}

function isAsciiOnly(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text)
}

/** Go's strings.Title: lifts what follows anything but a letter, a digit or an underscore; `It's` is `It'S`. */
export function titleText(text: string): string {
  let previous = 0x20
  return mapText(text, rune => {
    const isStart = isSeparator(previous)
    previous = rune
    return isStart ? titleRune(rune) : rune
  })
}

function isSeparator(rune: number): boolean {
  if (rune <= 0x7f) return !isDigit(rune) && !isLetter(rune) && rune !== 0x5f
  return !isLetter(rune) && !isDigit(rune) && isSpace(rune)
}

/** Lowers the first letter of every word. */
export function untitleText(text: string): string {
  let atStart = true
  return mapText(text, rune => {
    if (isSpace(rune)) {
      atStart = true
      return rune
    }
    const mapped = atStart ? lowerRune(rune) : rune
    atStart = false
    return mapped
  })
}

export function swapCase(text: string): string {
  let afterSpace = true
  return mapText(text, rune => {
    if (isUpper(rune) || isTitle(rune)) {
      afterSpace = false
      return lowerRune(rune)
    }
    if (!isLower(rune)) {
      afterSpace = isSpace(rune)
      return rune
    }
    const mapped = afterSpace ? titleRune(rune) : upperRune(rune)
    afterSpace = false
    return mapped
  })
}

function isConnector(rune: number): boolean {
  return rune === 0x2d || rune === 0x5f || isSpace(rune)
}

/** `http_server` is `HttpServer`; leading connectors stay, and of several in a row all but the last. */
export function pascalCase(text: string): string {
  const runes = runesOf(text)
  const out: number[] = []
  const start = runes.findIndex(rune => !isConnector(rune))
  // Of nothing but connectors the last one comes twice.
  if (start < 0) return textFromRunes([...runes, ...runes.slice(-1)])
  out.push(...runes.slice(0, start))
  let current = runes[start] as number
  let isShouting = isUpper(current)
  current = upperRune(current)
  for (const rune of runes.slice(start + 1)) {
    const previous = current
    current = rune
    if (isConnector(previous)) {
      if (isConnector(current)) {
        out.push(previous)
        continue
      }
      isShouting = isUpper(current)
      current = upperRune(current)
      continue
    }
    if (isShouting && isUpper(current)) current = lowerRune(current)
    else isShouting = false
    out.push(previous)
  }
  out.push(current)
  return textFromRunes(out)
}

type WordKind = 'none' | 'number' | 'upper' | 'letters' | 'connector' | 'punctuation' | 'other'

interface Word {
  readonly kind: WordKind
  readonly runes: readonly number[]
}

const BAD_RUNE = 0xfffd
const NO_WORD: Word = { kind: 'none', runes: [] }

/** `HTTPServer` is `http_server`, `http2xx` is `http_2xx`, `Bld4Floor` is `bld4_floor`. */
export function delimitedCase(text: string, connector: '_' | '-'): string {
  const units = cutIntoUnits(text)
  const words = cutIntoWords(units.map(unit => unit.rune))
  const texts = new Map<Word, string>()
  let taken = 0
  for (const word of words) {
    texts.set(
      word,
      units
        .slice(taken, taken + word.runes.length)
        .map(unit => unit.text)
        .join(''),
    )
    taken += word.runes.length
  }
  let out = ''
  const lower = (rune: number): string => textFromRunes([lowerRune(rune)])
  const write = (word: Word): void => {
    const spelled = texts.get(word) ?? ''
    const isMapped = word.kind === 'upper' || word.kind === 'connector'
    if (!isMapped) out += spelled
    else for (const rune of runesOf(spelled)) out += isConnector(rune) ? connector : lower(rune)
  }
  let at = 0
  const next = (): Word => words[++at] ?? NO_WORD
  const isLast = (): boolean => at >= words.length - 1
  // Letters and digits that run on from a number belong to it.
  const writeTail = (from: Word): Word => {
    let word = from
    while (word.kind === 'letters' || word.kind === 'number') {
      write(word)
      word = next()
    }
    return word
  }
  const isBreak = (word: Word): boolean => word.kind === 'connector' || word.kind === 'punctuation'

  let word = words[0] ?? NO_WORD
  while (!isLast()) {
    const previous = word
    if (previous.kind !== 'none') write(previous)
    word = next()
    if (previous.kind === 'number') {
      word = writeTail(word)
      if (word.kind !== 'none' && !isBreak(word)) out += connector
      continue
    }
    if (isBreak(previous)) continue
    if (word.kind !== 'number') {
      if (!isBreak(word)) out += connector
      continue
    }
    if (isLast()) continue
    const number = word
    word = next()
    if (word.kind !== 'letters') {
      write(number)
      if (!isBreak(word)) out += connector
      continue
    }
    out += connector
    write(number)
    word = writeTail(word)
    if (word.kind !== 'none' && !isBreak(word)) out += connector
  }
  write(word)
  return canonical(out)
}

interface Unit {
  /** What the unit counts as. */
  readonly rune: number
  readonly text: string
}

/** Characters, each with the bytes before it that are none; those at the end count as what they follow. */
function cutIntoUnits(text: string): Unit[] {
  const units: Unit[] = []
  let invalid = ''
  for (const character of text) {
    const [rune = BAD_RUNE] = runesOf(character)
    if (rune === BAD_RUNE) invalid += character
    else {
      units.push({ rune, text: invalid + character })
      invalid = ''
    }
  }
  const last = units.at(-1)
  if (invalid !== '') units.push({ rune: last?.rune ?? BAD_RUNE, text: invalid })
  return units
}

function cutIntoWords(runes: readonly number[]): Word[] {
  const words: Word[] = []
  let at = 0
  while (at < runes.length) {
    const word = wordAt(runes, at)
    words.push(word)
    at += word.runes.length
  }
  return words
}

// Ideographs have no case and make words of their own.
function isAlphabetic(rune: number): boolean {
  const isIdeograph =
    (rune >= 0x4e00 && rune <= 0x9fcc) ||
    (rune >= 0x3400 && rune <= 0x4d85) ||
    (rune >= 0x20000 && rune <= 0x2b81d)
  return !isIdeograph && isLetter(rune)
}

function wordAt(runes: readonly number[], at: number): Word {
  const first = runes[at] as number
  const run = (kind: WordKind, from: number, belongs: (rune: number) => boolean): Word => {
    let end = from
    while (end < runes.length && belongs(runes[end] as number)) end++
    return { kind, runes: runes.slice(at, end) }
  }
  const isSmall = (rune: number): boolean => isAlphabetic(rune) && !isUpper(rune)
  if (isConnector(first)) return run('connector', at + 1, isConnector)
  if (isPunctuation(first)) return run('punctuation', at + 1, isPunctuation)
  if (isUpper(first)) {
    const second = runes[at + 1]
    if (second === undefined || !isUpper(second)) return run('upper', at + 1, isSmall)
    const shout = run('upper', at + 1, isUpper)
    const following = runes[at + shout.runes.length]
    // The last capital of `HTTPStatus` begins the next word.
    if (following === undefined || !isAlphabetic(following)) return shout
    return { kind: 'upper', runes: shout.runes.slice(0, -1) }
  }
  if (isAlphabetic(first)) return run('letters', at + 1, isSmall)
  if (isNumber(first)) return run('number', at + 1, isNumber)
  return run(
    'other',
    at + 1,
    rune => !isConnector(rune) && !isAlphabetic(rune) && !isNumber(rune) && !isPunctuation(rune),
  )
}
