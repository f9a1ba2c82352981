// Formats for printf: every verb and flag, with operands that suit the verb or do not.
import type { Random } from './random.ts'
import type { Hint, Kind } from './signatures.ts'

const suiting: Record<string, readonly Kind[]> = {
  v: ['string', 'int', 'int64', 'float', 'bool', 'list', 'dict', 'nil', 'version'],
  T: ['string', 'int', 'int64', 'float', 'bool', 'list', 'dict', 'nil', 'time', 'version'],
  q: ['string', 'string', 'int', 'list'],
  s: ['string', 'string', 'list', 'dict', 'version'],
  d: ['int', 'int64', 'list'],
  x: ['string', 'int', 'int64', 'float', 'list'],
  X: ['string', 'int', 'int64', 'float', 'list'],
  o: ['int', 'int64'],
  O: ['int', 'int64'],
  b: ['int', 'int64', 'float'],
  c: ['int', 'int64'],
  U: ['int', 'int64'],
  e: ['float'],
  E: ['float'],
  f: ['float'],
  F: ['float'],
  g: ['float'],
  G: ['float'],
  t: ['bool'],
}

export const verbs: readonly string[] = Object.keys(suiting)

/** Kinds of things a directive can have, as they are counted. */
export const directives = [
  'flag +',
  'flag -',
  'flag #',
  'flag space',
  'flag 0',
  'width',
  'precision',
  'star',
  'index',
  'percent',
  'bad verb',
  'no verb',
]

// No times: under most verbs they print their inside, with an address of memory.
const everyKind = suiting['v'] as readonly Kind[]

export interface Format {
  readonly text: string
  readonly operands: readonly Hint[]
  readonly hits: readonly string[]
}

/** A format of one to four directives, the first with the given verb. */
export function randomFormat(random: Random, verb: string): Format {
  let text = ''
  const operands: Hint[] = []
  const hits: string[] = []
  for (
    let i = random.weighted([
      [5, 1],
      [3, 2],
      [1, 3],
      [1, 4],
    ]);
    i > 0;
    i--
  ) {
    text += random.pick(['', '', ' ', '|', 'é=', ', '])
    text += randomDirective(random, verb, operands, hits)
    verb = random.pick(verbs)
  }
  if (random.chance(0.08)) {
    for (let i = random.between(1, 3); i > 0; i--) operands.push(random.pick(everyKind))
  }
  if (random.chance(0.04)) operands.pop()
  return { text, operands, hits }
}

function randomDirective(random: Random, verb: string, operands: Hint[], hits: string[]): string {
  const odd = random.below(100)
  if (odd < 3) {
    hits.push('percent')
    return random.pick(['%%', '%%', '%-5%', '%05%'])
  }
  if (odd < 5) {
    hits.push('no verb')
    return random.pick(['%', '%5', '%-', '%.'])
  }
  let text = '%'
  if (random.chance(0.4)) text += randomFlags(random, hits)
  if (random.chance(0.04)) text += indexed(random, operands, hits)
  text += randomWidth(random, operands, hits)
  text += randomPrecision(random, operands, hits)
  if (random.chance(0.04)) text += indexed(random, operands, hits)
  if (odd < 8) {
    hits.push('bad verb')
    operands.push(random.pick(everyKind))
    return text + random.pick(['z', 'i', 'u', 'l', 'é', '!', 'w', '世', 'y'])
  }
  hits.push(`%${verb}`)
  operands.push(random.pick(random.chance(0.85) ? (suiting[verb] ?? everyKind) : everyKind))
  return text + verb
}

function randomFlags(random: Random, hits: string[]): string {
  let flags = ''
  for (let i = random.between(1, 3); i > 0; i--) {
    const flag = random.pick(['+', '-', '#', ' ', '0'])
    hits.push(`flag ${flag === ' ' ? 'space' : flag}`)
    flags += flag
  }
  return flags
}

function indexed(random: Random, operands: Hint[], hits: string[]): string {
  hits.push('index')
  return random.chance(0.85)
    ? `[${random.between(1, operands.length + 1)}]`
    : random.pick(['[0]', '[9]', '[x]', '[', '[]', '[-1]', '[2'])
}

function randomWidth(random: Random, operands: Hint[], hits: string[]): string {
  if (random.chance(0.65)) return ''
  if (random.chance(0.15)) {
    hits.push('star')
    operands.push(random.chance(0.9) ? 'small' : 'string')
    return '*'
  }
  hits.push('width')
  return random.pick(['1', '2', '3', '5', '8', '10', '20', '64'])
}

function randomPrecision(random: Random, operands: Hint[], hits: string[]): string {
  if (random.chance(0.7)) return ''
  if (random.chance(0.15)) {
    hits.push('star')
    operands.push(random.chance(0.9) ? 'small' : 'string')
    return '.*'
  }
  hits.push('precision')
  return random.pick(['.', '.0', '.1', '.2', '.3', '.5', '.10', '.25'])
}
