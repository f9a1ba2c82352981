// Random data, with numbers kept as they are spelled.
import type { Random } from './random.ts'
import { randomText } from './text.ts'

/** A JSON number by its spelling. */
export class Spelled {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Data = null | boolean | string | Spelled | Data[] | { [key: string]: Data }

export type DataKind = 'nil' | 'bool' | 'string' | 'int64' | 'float' | 'list' | 'dict'

const integers = [
  '0',
  '1',
  '2',
  '5',
  '-1',
  '-7',
  '42',
  '100',
  '255',
  '1000000',
  '65',
  '8364',
  '1700000000',
  '9007199254740993',
]
const extremes = ['9223372036854775807', '-9223372036854775808', '-0', '2147483648']
const floats = [
  '0.0',
  '1.0',
  '1.5',
  '-2.5',
  '3.14159',
  '1e3',
  '0.1',
  '-0.5',
  '5e0',
  '100000.0',
  '2.675',
  '99.99',
  '0.0001',
]
const oddFloats = [
  '1e6',
  '1e-5',
  '1e21',
  '-0.0',
  '9223372036854775808',
  '1e300',
  '5e-324',
  '1234567.891',
  '0.30000000000000004',
]

const identifiers = [
  'a',
  'b',
  'c',
  's',
  'n',
  'name',
  'items',
  'host',
  'Port',
  'é',
  '_x',
  'k9',
  'k10',
  'Z',
  'labels',
  'enabled',
  'url',
]

export function kindOf(data: Data): DataKind {
  if (data === null) return 'nil'
  if (typeof data === 'boolean') return 'bool'
  if (typeof data === 'string') return 'string'
  if (data instanceof Spelled) return isInteger(data.text) ? 'int64' : 'float'
  return Array.isArray(data) ? 'list' : 'dict'
}

function isInteger(spelling: string): boolean {
  if (/[.eE]/.test(spelling)) return false
  const value = BigInt(spelling)
  return BigInt.asIntN(64, value) === value
}

export function isIdentifier(key: string): boolean {
  return /^[\p{L}_][\p{L}\p{Nd}_]*$/u.test(key)
}

export function jsonText(data: Data): string {
  if (data instanceof Spelled) return data.text
  if (Array.isArray(data)) return `[${data.map(jsonText).join(',')}]`
  if (typeof data === 'object' && data !== null)
    return `{${Object.entries(data)
      .map(([key, value]) => `${JSON.stringify(key)}:${jsonText(value)}`)
      .join(',')}}`
  return JSON.stringify(data)
}

export function randomScalar(random: Random): Data {
  return random.weighted<() => Data>([
    [8, () => randomText(random, 'any')],
    [
      4,
      () =>
        randomText(
          random,
          random.pick(['numeric', 'url', 'json', 'yaml', 'duration', 'date', 'path', 'semver', 'word']),
        ),
    ],
    [7, () => new Spelled(random.pick(random.chance(0.1) ? extremes : integers))],
    [5, () => new Spelled(random.pick(random.chance(0.25) ? oddFloats : floats))],
    [3, () => random.chance(0.5)],
    [2, () => null],
  ])()
}

export function randomList(random: Random, depth: number): Data[] {
  const size = random.weighted([
    [1, 0],
    [2, 1],
    [6, random.between(2, 5)],
    [1, random.between(6, 14)],
  ])
  const element = random.weighted<() => Data>([
    [4, () => randomText(random, 'any')],
    [3, () => randomText(random, 'word')],
    [4, () => new Spelled(random.pick(integers))],
    [1, () => new Spelled(random.pick(floats))],
    [2, () => randomScalar(random)],
    [2, () => (depth > 0 ? randomDict(random, depth - 1) : 'leaf')],
    [1, () => (depth > 0 ? randomList(random, depth - 1) : null)],
  ])
  return Array.from({ length: size }, element)
}

export function randomDict(random: Random, depth: number): { [key: string]: Data } {
  const entries: { [key: string]: Data } = {}
  for (let i = random.between(0, 6); i > 0; i--) {
    const key = random.chance(0.88) ? random.pick(identifiers) : randomText(random, 'key')
    entries[key] = depth > 0 && random.chance(0.35) ? randomBranch(random, depth - 1) : randomScalar(random)
  }
  return entries
}

function randomBranch(random: Random, depth: number): Data {
  return random.chance(0.5) ? randomList(random, depth) : randomDict(random, depth)
}

/** An object that has something of each kind, or (one time in eight) any odd dot. undefined: no data at all. */
export function randomData(random: Random): Data | undefined {
  if (random.chance(0.12)) {
    const scalar = randomScalar(random)
    return random.weighted<() => Data | undefined>([
      [2, () => undefined],
      // An integral float at the root itself is an int64 to ours.
      [
        2,
        () =>
          scalar instanceof Spelled && Number.isInteger(Number(scalar.text)) ? new Spelled('7') : scalar,
      ],
      [2, () => randomList(random, 2)],
      [2, () => randomDict(random, 2)],
    ])()
  }
  return {
    ...randomDict(random, 2),
    s: randomText(random, 'any'),
    i: new Spelled(random.pick(integers)),
    f: new Spelled(random.pick(floats)),
    t: random.chance(0.6),
    l: randomList(random, 1),
    m: randomDict(random, 1),
    ...(random.chance(0.3) ? { nul: null } : {}),
    ...(random.chance(0.5)
      ? { words: Array.from({ length: random.between(1, 4) }, () => randomText(random, 'word')) }
      : {}),
  }
}

const parameterNames = ['repository', 'scopes', 'labels', 'depth', 'é']

function randomParameters(random: Random): Data[] {
  return Array.from({ length: random.between(0, 3) }, () => ({
    name: random.pick(parameterNames),
    value: random.weighted<() => Data>([
      [3, () => randomText(random, 'any')],
      [1, () => Array.from({ length: random.between(0, 3) }, () => randomText(random, 'word'))],
      [1, () => ({ z: randomText(random, 'word'), a: '1' })],
    ])(),
  }))
}

function randomSecret(random: Random): Data {
  const data: { [key: string]: Data } = {}
  for (const key of ['username', 'password', 'token', 'empty', 'raw']) {
    if (random.chance(0.3)) continue
    const bytes =
      key === 'raw'
        ? Buffer.from([0xff, 0x41, 0xc3, 0x28, random.below(256)])
        : Buffer.from(randomText(random, 'any'))
    data[key] = key === 'empty' ? '' : bytes.toString('base64')
  }
  return { type: random.pick(['kubernetes.io/basic-auth', 'Opaque', '']), data }
}

/** A Connector and its Secret, as a probe gets them. */
export function randomProbe(random: Random): { [key: string]: Data } {
  return {
    connector: {
      metadata: { name: randomText(random, 'word'), namespace: 'team-a' },
      spec: {
        connectorClassName: 'git',
        address: randomText(random, 'url'),
        addressExtensions: random.chance(0.5) ? [{ name: 'api', value: randomText(random, 'url') }] : [],
        params: randomParameters(random),
        auth: {
          name: 'basicAuth',
          ...(random.chance(0.6) ? { secretRef: { name: 'cred', namespace: 'team-a' } } : {}),
          params: randomParameters(random),
        },
      },
    },
    secret: random.chance(0.7) ? randomSecret(random) : null,
  }
}
