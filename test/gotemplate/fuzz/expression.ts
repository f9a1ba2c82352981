// Typed random expressions: literals, paths into the known data, variables, calls.
import { randomFormat, verbs } from './format.ts'
import { anyIntLiteral, floatLiteral, intLiteral, quoted, textLiteral } from './literal.ts'
import type { Random } from './random.ts'
import { pathOfKind, type Scope } from './scope.ts'
import { type Hint, type Kind, type Signature, signatures } from './signatures.ts'
import { type Flavour, randomText } from './text.ts'

export interface Writer {
  readonly random: Random
  /** How likely an argument is of a kind that nobody asked for. */
  readonly oddness: number
  readonly hit: (what: string) => void
  /** Definitions that the template gets at its end, where they may stand. */
  readonly defines: string[]
}

const byResult = Map.groupBy(signatures, one => one.result)

const kinds: readonly (readonly [number, Kind])[] = [
  [8, 'string'],
  [5, 'int'],
  [5, 'int64'],
  [5, 'float'],
  [4, 'bool'],
  [4, 'list'],
  [4, 'dict'],
  [2, 'nil'],
  [1, 'version'],
]
const leaves = kinds.filter(([, kind]) => kind !== 'list' && kind !== 'dict')
const numbers: readonly (readonly [number, Kind])[] = [
  [4, 'int'],
  [4, 'int64'],
  [4, 'float'],
]
const ordered: readonly (readonly [number, Kind])[] = [...numbers, [4, 'string']]
// Where an odd int could ask for gigabytes, or an odd time for the clock.
const harmless: readonly (readonly [number, Kind])[] = leaves.filter(([, kind]) => kind !== 'int')
const neverOdd = new Set<Hint>(['date', 'fresh', 'tpl', 'duration'])

/** Something that can be an argument as it stands. */
export function operand(w: Writer, scope: Scope, hint: Hint, depth: number): string {
  const { random } = w
  if (random.chance(w.oddness) && !neverOdd.has(hint))
    return operand(
      { ...w, oddness: 0 },
      scope,
      random.weighted(hint === 'small' || hint === 'count' ? harmless : kinds),
      depth,
    )
  switch (hint) {
    case 'string':
    case 'int':
    case 'int64':
    case 'float':
    case 'bool':
    case 'list':
    case 'dict':
    case 'nil':
    case 'time':
    case 'version':
      return ofKind(w, scope, hint, depth)
    case 'text':
      return ofKind(w, scope, 'string', depth)
    case 'scalar':
      return random.chance(0.08) ? missing(w, scope) : ofKind(w, scope, random.weighted(kinds), depth)
    case 'leaf':
      return ofKind(w, scope, random.weighted(leaves), 0)
    case 'small':
      return intLiteral(w, random.chance(0.85) ? random.between(0, 5) : random.between(-2, 20))
    case 'count':
      return intLiteral(w, random.chance(0.85) ? random.between(0, 12) : random.between(-4, 90))
    case 'number':
      return random.chance(0.12)
        ? textLiteral(w, 'numeric')
        : ofKind(w, scope, random.weighted(numbers), depth)
    case 'nonzero':
      return random.chance(0.7) ? intLiteral(w, random.between(1, 9)) : operand(w, scope, 'number', depth)
    case 'date':
      return dateOperand(w)
    case 'fresh':
      return freshDict(w, scope, depth)
    case 'urlDict':
      return `(urlParse ${textLiteral(w, 'url')})`
    case 'same':
      return ofKind(w, scope, random.weighted(leaves), depth)
    case 'ordered':
      return ofKind(w, scope, random.weighted(ordered), depth)
    default:
      return random.chance(0.9) ? textLiteral(w, hint) : ofKind(w, scope, 'string', depth)
  }
}

function ofKind(w: Writer, scope: Scope, kind: Kind, depth: number): string {
  const { random } = w
  if (kind !== 'time' && random.chance(0.55)) {
    const path = pathOfKind(scope, kind, random)
    if (path !== undefined) {
      w.hit(path.text.startsWith('$') ? 'variable' : 'field')
      return path.text
    }
  }
  if (depth > 0 && random.chance(0.4)) return grouped(w, scope, kind, depth)
  return literal(w, scope, kind, depth)
}

/** A pipeline in parentheses, with the result's kind. */
function grouped(w: Writer, scope: Scope, kind: Kind, depth: number): string {
  const { random } = w
  const candidates = byResult.get(random.chance(0.9) ? kind : 'any') ?? byResult.get('any')
  if (candidates === undefined) throw new Error(`no function gives ${kind}`)
  w.hit('parentheses')
  return `(${call(w, scope, random.pick(candidates), depth - 1)})`
}

function literal(w: Writer, scope: Scope, kind: Kind, depth: number): string {
  const { random } = w
  switch (kind) {
    case 'string':
      return textLiteral(w, random.chance(0.7) ? 'any' : random.pick(['word', 'numeric'] satisfies Flavour[]))
    case 'int':
      return anyIntLiteral(w)
    case 'int64':
      return `(int64 ${anyIntLiteral(w)})`
    case 'float':
      return floatLiteral(w)
    case 'bool':
      w.hit('literal bool')
      return random.pick(['true', 'false'])
    case 'nil':
      w.hit('literal nil')
      return 'nil'
    case 'list':
      return `(${call(w, scope, signatureOf(random.pick(['list', 'list', 'tuple', 'splitList', 'until'])), depth - 1)})`
    case 'dict':
      return freshDict(w, scope, depth)
    case 'time':
      return dateOperand(w, true)
    case 'version':
      return random.chance(0.8)
        ? `(semver ${quoted(w, '1.2.3-rc.1+b5')})`
        : `(semver ${textLiteral(w, 'semver')})`
  }
}

function freshDict(w: Writer, scope: Scope, depth: number): string {
  w.hit('dict')
  const entries = Array.from(
    { length: w.random.between(0, 3) },
    () => `${textLiteral(w, 'key')} ${operand(w, scope, 'leaf', depth)}`,
  )
  return `(dict${entries.map(entry => ` ${entry}`).join('')})`
}

// Only ints and times: any other date means now.
function dateOperand(w: Writer, asTime = false): string {
  const { random } = w
  if (!asTime && random.chance(0.5)) {
    const seconds = intLiteral(
      w,
      random.pick([0, 1, 95, 86399, 1700000000, 4102444800, -1, -86400, 253402300799]),
    )
    return random.chance(0.5) ? seconds : `(int64 ${seconds})`
  }
  w.hit('toDate')
  return `(toDate ${quoted(w, random.pick(['2006-01-02', '2006-01-02T15:04:05Z07:00']))} ${textLiteral(w, 'date')})`
}

function missing(w: Writer, scope: Scope): string {
  w.hit('missing key')
  const base = w.random.chance(0.4) ? pathOfKind(scope, 'dict', w.random)?.text : undefined
  const prefix = base === undefined || base === '.' || base === '$' ? '' : base
  return `${prefix}.${w.random.pick(['nosuch', 'missing', 'a', 'nosuch.deeper'])}`
}

export function signatureOf(name: string): Signature {
  const found = signatures.find(one => one.name === name)
  if (found === undefined) throw new Error(`no signature of ${name}`)
  return found
}

/** A call of the function as a pipeline without parentheses; sometimes the last argument is piped into it. */
export function call(w: Writer, scope: Scope, signature: Signature, depth: number): string {
  const { random } = w
  w.hit(signature.name)
  let hints = [...signature.parameters]
  if (signature.rest.length > 0)
    for (
      let i = random.weighted([
        [2, 0],
        [4, 1],
        [3, 2],
        [1, 3],
      ]);
      i > 0;
      i--
    )
      hints.push(...signature.rest)
  hints = sameKinds(random, hints)
  if (random.chance(w.oddness / 3)) random.chance(0.5) ? hints.pop() : hints.push('string')
  const fixed =
    signature.name === 'tpl' && !scope.probePaths && random.chance(0.6) ? scope.root.text : undefined
  const operands = hints.map((hint, i) =>
    fixed !== undefined && i === 1 ? fixed : operand(w, scope, hint, depth),
  )
  // What zones of the past were called is in no database that JavaScript has.
  if (/^date_?in_?zone$/i.test(signature.name) && /MST|\\/.test(operands[0] ?? '') && operands.length > 2)
    operands[2] = '"UTC"'
  const last = operands.at(-1)
  if (last === undefined || last === 'nil' || !random.chance(0.3))
    return [signature.name, ...operands].join(' ')
  w.hit('pipe')
  const first =
    last.startsWith('(') && last.endsWith(')') && isOneGroup(last) && random.chance(0.7)
      ? last.slice(1, -1)
      : last
  return `${first} | ${[signature.name, ...operands.slice(0, -1)].join(' ')}`
}

// Comparisons of different kinds mostly fail, so most get one kind for all.
function sameKinds(random: Random, hints: Hint[]): Hint[] {
  if (random.chance(0.15)) return hints
  const same = random.weighted(leaves)
  const order = random.weighted(ordered)
  return hints.map(hint => (hint === 'same' ? same : hint === 'ordered' ? order : hint))
}

// `(a) (b)` is not one group, and neither is a text with a parenthesis in a literal, to be safe.
function isOneGroup(text: string): boolean {
  return !/[()"'`]/.test(text.slice(1, -1))
}

/** printf with the verb in it. */
export function printfCall(w: Writer, scope: Scope, verb: string, depth: number): string {
  w.hit('printf')
  const format = randomFormat(w.random, verb)
  for (const hit of format.hits) w.hit(hit)
  const operands = format.operands.map(kind => operand(w, scope, kind, depth))
  return ['printf', quoted(w, format.text), ...operands].join(' ')
}

/** A pipeline as it stands in an action. */
export function pipeline(w: Writer, scope: Scope, depth: number): string {
  const { random } = w
  return random.weighted<() => string>([
    [4, () => unwrapped(operand(w, scope, 'scalar', depth))],
    [10, () => call(w, scope, random.pick(signatures), depth)],
    [2, () => printfCall(w, scope, random.pick(verbs), depth)],
    [1, () => specialCall(w, scope, random.pick(['include', 'keys', 'values', 'method']), depth)],
  ])()
}

function unwrapped(text: string): string {
  return text === 'nil' ? '(list nil)' : text
}

export function specialCall(w: Writer, scope: Scope, what: string, depth: number): string {
  const { random } = w
  switch (what) {
    case 'include': {
      w.hit('include')
      const name = random.chance(0.02)
        ? 'nosuch'
        : scope.templates.length > 0
          ? random.pick(scope.templates)
          : helper(w, scope)
      const command = `include ${quoted(w, name)} ${random.chance(0.7) ? scope.root.text : operand(w, scope, 'scalar', depth)}`
      return random.chance(0.3)
        ? `${command} | ${random.pick(['indent 2', 'quote', 'trim', 'nindent 4', 'len'])}`
        : command
    }
    case 'keys':
    case 'values':
      // Go's order is random, so nothing may show it.
      w.hit(what)
      return `${what} ${operand(w, scope, 'dict', depth)} | ${random.pick(['sortAlpha', 'sortAlpha', 'len', 'sortAlpha | join ","'])}`
    default:
      w.hit('method')
      return `(semver ${textLiteral(w, 'semver')}).${random.pick(['Major', 'Minor', 'Patch', 'Prerelease', 'Metadata', 'Original', 'String', random.chance(0.2) ? 'nosuch' : 'Major'])}`
  }
}

/** A template of its own, by name. */
function helper(w: Writer, { probePaths }: Scope): string {
  const name = `h${w.defines.length}`
  w.hit('define')
  w.defines.push(`{{define "${name}"}}${plainText(w)}${probePaths ? '' : '{{.}}'}${plainText(w)}{{end}}`)
  return name
}

/** A text of a template that is not an action: never holding a delimiter. */
export function plainText(w: Writer): string {
  let text = ''
  for (let i = w.random.between(0, 3); i > 0; i--) text += randomText(w.random, 'plain')
  return text.replaceAll(/\{(?=\{|$)/g, '{ ')
}
