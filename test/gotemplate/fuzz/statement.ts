// Random bodies of templates: text, actions and control structures, nested, with a scope that is true to Go's.
import { call, operand, pipeline, plainText, specialCall, type Writer } from './expression.ts'
import { anyIntLiteral, quoted } from './literal.ts'
import { type Known, knownData, pathOfKind, type Scope } from './scope.ts'
import type { Kind } from './signatures.ts'

export const statements = [
  'action',
  'comment',
  'if',
  'if else',
  'else if',
  'with',
  'with else',
  'else with',
  'range list',
  'range dict',
  'range int',
  'range variable',
  'range two variables',
  'range assign',
  'range else',
  'break',
  'continue',
  'declare',
  'assign',
  'template',
  'block',
  'recursion',
  'nesting',
  'include',
  'keys',
  'values',
  'method',
] as const // prettier-ignore

export type Statement = (typeof statements)[number]

/** Counted besides statements, functions and verbs. */
export const marks = [
  'text',
  'trim left',
  'trim right',
  'define',
  'pipe',
  'parentheses',
  'field',
  'variable',
  'missing key',
  'dict',
  'literal string',
  'literal raw string',
  'literal escape',
  'literal int',
  'literal int in another base',
  'literal float',
  'literal bool',
  'literal nil',
  'literal invalid utf-8',
  'variable field',
  'method',
  'include',
  'keys',
  'values',
] as const // prettier-ignore

const weights: Partial<Record<Statement, number>> = {
  action: 14,
  if: 2,
  declare: 3,
  'range list': 2,
  'range dict': 2,
}
const weighted = statements.map(name => [weights[name] ?? 1, name] as const)
const needLoop = new Set<Statement>(['break', 'continue'])

/** `{{ inner }}` with the odd trim marker and blank. */
export function action(w: Writer, inner: string): string {
  const { random } = w
  const trimLeft = random.chance(0.12)
  const trimRight = random.chance(0.12)
  if (trimLeft) w.hit('trim left')
  if (trimRight) w.hit('trim right')
  const blank = random.pick(['', ' ', ' ', '  ', random.chance(0.2) ? '\n' : ' '])
  return `{{${trimLeft ? '- ' : blank}${inner}${trimRight ? ' -' : blank}}}`
}

/** A sequence of statements; variables declared in it are seen by those that follow. */
export function body(w: Writer, scope: Scope, depth: number, wanted: readonly Statement[] = []): string {
  let inner = scope
  let text = plainText(w)
  const names = [
    ...wanted,
    ...Array.from({ length: w.random.between(wanted.length > 0 ? 0 : 1, depth > 1 ? 3 : 2) }, () =>
      w.random.weighted(weighted),
    ),
  ]
  for (const name of names) {
    const [added, after] = statement(w, inner, name, depth)
    inner = after
    w.hit('text')
    text += added + plainText(w)
  }
  return text
}

function statement(w: Writer, scope: Scope, name: Statement, depth: number): [string, Scope] {
  if (depth <= 0 || (needLoop.has(name) && !scope.inLoop && depth <= 1))
    return [action(w, pipeline(w, scope, 1)), scope]
  w.hit(name)
  if (name === 'declare') return declare(w, scope)
  return [control(w, scope, name, depth), scope]
}

function declare(w: Writer, scope: Scope): [string, Scope] {
  const { random } = w
  const name = `$${random.pick(['x', 'y', 'z', 'v1', 'é', '_u', 'x'])}`
  const kind = random.weighted<Kind>([
    [3, 'string'],
    [2, 'int'],
    [2, 'list'],
    [3, 'dict'],
    [1, 'float'],
    [1, 'bool'],
  ])
  const path = random.chance(0.5) ? pathOfKind(scope, kind, random) : undefined
  const value = path?.text ?? operand(w, scope, kind, 2)
  const variable: Known =
    path?.data === undefined ? { text: name, kind } : { text: name, kind, data: path.data }
  const variables = [...scope.variables.filter(one => one.text !== name), variable]
  return [action(w, `${name}${random.pick([' := ', ':=', ' :='])}${value}`), { ...scope, variables }]
}

function control(w: Writer, scope: Scope, name: Statement, depth: number): string {
  const { random } = w
  const nested = (inner: Scope = scope) => body(w, inner, depth - 1)
  const end = () => action(w, 'end')
  const condition = () =>
    operand(w, scope, random.pick(['bool', 'scalar', 'string', 'list', 'dict', 'number']), 2)
  switch (name) {
    case 'if':
      return action(w, `if ${condition()}`) + nested() + end()
    case 'if else':
      return action(w, `if ${condition()}`) + nested() + action(w, 'else') + nested() + end()
    case 'else if':
      return (
        action(w, `if ${condition()}`) +
        nested() +
        action(w, `else if ${condition()}`) +
        nested() +
        action(w, 'else') +
        nested() +
        end()
      )
    case 'with':
    case 'with else':
    case 'else with':
      return withStatement(w, scope, name, depth)
    case 'range list':
    case 'range dict':
    case 'range int':
    case 'range variable':
    case 'range two variables':
    case 'range assign':
    case 'range else':
      return rangeStatement(w, scope, name, depth)
    case 'break':
    case 'continue':
      return loopExit(w, scope, name, depth)
    case 'comment':
      return random.pick([
        '{{/* a comment */}}',
        '{{- /* c }} " */ -}}',
        '{{/**/}}',
        '{{- /* multi\nline */}}',
        '{{/* x */ -}}',
      ])
    case 'assign': {
      const target = scope.variables.length > 0 ? random.pick(scope.variables) : undefined
      if (target === undefined)
        return action(w, '$x := 0') + action(w, `$x = ${operand(w, scope, 'int', 1)}`) + action(w, '$x')
      return (
        action(
          w,
          `${target.text} = ${operand(w, scope, target.kind === 'any' ? 'scalar' : target.kind, 1)}`,
        ) + action(w, target.text)
      )
    }
    case 'template': {
      const template = random.chance(0.02) ? 'nosuch' : (random.pick(scope.templates) as string | undefined)
      if (template === undefined) return action(w, pipeline(w, scope, 1))
      return action(
        w,
        `template ${quoted(w, template)}${random.chance(0.85) ? ` ${random.chance(0.7) ? scope.root.text : operand(w, scope, 'scalar', 1)}` : ''}`,
      )
    }
    case 'block': {
      const inner = { ...scope, root: scope.dot, variables: [], inLoop: false, dot: scope.dot }
      return (
        action(w, `block "b${random.below(1e9)}" .`) +
        nested({ ...inner, root: { ...scope.dot, text: '$' } }) +
        end()
      )
    }
    case 'recursion': {
      const recursive = `r${w.defines.length}`
      const call = `template "${recursive}"`
      w.hit('define')
      w.defines.push(
        `{{define "${recursive}"}}{{if gt . 0}}{{.}}${plainText(w)}{{${call} (int (sub . 1))}}{{end}}{{end}}`,
      )
      return action(w, `${call} ${random.below(6)}`)
    }
    case 'nesting': {
      const levels = random.between(4, 30)
      return random.chance(0.5)
        ? action(w, `${'('.repeat(levels)}${anyIntLiteral(w)}${')'.repeat(levels)}`)
        : `${'{{if true}}'.repeat(levels)}${action(w, pipeline(w, scope, 0))}${'{{end}}'.repeat(levels)}`
    }
    case 'include':
    case 'keys':
    case 'values':
    case 'method':
      return action(w, specialCall(w, scope, name, 1))
    default:
      if (random.chance(0.15) && scope.variables.length > 0) {
        w.hit('variable field')
        return action(w, `${random.pick(scope.variables).text}.${random.pick(['a', 's', 'nosuch', 'name'])}`)
      }
      return action(w, pipeline(w, scope, random.between(0, 3)))
  }
}

function withStatement(w: Writer, scope: Scope, name: Statement, depth: number): string {
  const { random } = w
  const path = pathOfKind(scope, random.pick(['dict', 'dict', 'list', 'string', 'int64']), random)
  const declared = random.chance(0.3)
  const text = path?.text ?? operand(w, scope, 'dict', 1)
  const dot: Known = path === undefined ? { text: '.', kind: 'dict' } : { ...path, text: '.' }
  const inner = {
    ...scope,
    dot,
    variables: declared ? [...scope.variables, { ...dot, text: '$w' }] : scope.variables,
  }
  let out = action(w, `with ${declared ? '$w := ' : ''}${text}`) + body(w, inner, depth - 1)
  if (name === 'else with')
    out +=
      action(w, `else with ${operand(w, scope, 'string', 1)}`) +
      body(w, { ...scope, dot: { text: '.', kind: 'string' } }, depth - 1)
  if (name !== 'with') out += action(w, 'else') + body(w, scope, depth - 1)
  return out + action(w, 'end')
}

function rangeStatement(w: Writer, scope: Scope, name: Statement, depth: number): string {
  const { random } = w
  const [subject, element, key] = rangeSubject(w, scope, name)
  const variables = [...scope.variables]
  let header = subject
  let before = ''
  if (name === 'range variable' || (name === 'range int' && random.chance(0.5))) {
    header = `$e := ${subject}`
    variables.push({ ...element, text: '$e' })
  } else if (name === 'range two variables' || (name === 'range dict' && random.chance(0.7))) {
    header = `$k, $e := ${subject}`
    variables.push({ text: '$k', kind: key }, { ...element, text: '$e' })
  } else if (name === 'range assign') {
    before = action(w, '$a := 0') + action(w, '$b := 0')
    header = random.chance(0.5) ? `$a = ${subject}` : `$a, $b = ${subject}`
  }
  const inner: Scope = { ...scope, dot: { ...element, text: '.' }, variables, inLoop: true }
  let out = before + action(w, `range ${header}`) + body(w, inner, depth - 1)
  if (name === 'range else' || random.chance(0.1))
    out += action(w, 'else') + body(w, { ...scope, inLoop: false }, depth - 1)
  out += action(w, 'end')
  return name === 'range assign' ? out + action(w, '$a') + action(w, '$b') : out
}

/** What to range over, what the dot is inside and the kind of the key. Never a big int. */
function rangeSubject(w: Writer, scope: Scope, name: Statement): [string, Known, Kind] {
  const { random } = w
  if (name === 'range int')
    return [
      random.pick(['3', '0', '5', '(int 2)', '(int64 3)', '(len "abc")', '1', '-1']),
      { text: '.', kind: 'int' },
      'int',
    ]
  if (random.chance(w.oddness))
    return [
      operand(w, scope, random.pick(['string', 'float', 'bool', 'version']), 1),
      { text: '.', kind: 'any' },
      'int',
    ]
  const asDict = name === 'range dict' || (name !== 'range list' && random.chance(0.3))
  const path = random.chance(0.75) ? pathOfKind(scope, asDict ? 'dict' : 'list', random) : undefined
  if (path === undefined) {
    const text =
      name === 'range else' && random.chance(0.5)
        ? random.pick(['(list)', '(dict)', '.nosuch', '(splitList "," "")'])
        : operand(w, scope, asDict ? 'dict' : 'list', 2)
    return [text, { text: '.', kind: 'any' }, asDict ? 'string' : 'int']
  }
  const elements = Object.values(path.data ?? [])
  const element =
    elements.length > 0 ? knownData('.', random.pick(elements)) : ({ text: '.', kind: 'any' } as const)
  return [path.text, element, asDict ? 'string' : 'int']
}

function loopExit(w: Writer, scope: Scope, name: Statement, depth: number): string {
  const { random } = w
  const exit = random.chance(0.3)
    ? action(w, name)
    : action(w, `if ${operand(w, scope, 'bool', 1)}`) + action(w, name) + action(w, 'end')
  if (scope.inLoop) return exit
  const inner: Scope = { ...scope, dot: { text: '.', kind: 'int' }, inLoop: true }
  return (
    action(w, `range $n := ${random.pick(['4', '(list 1 2 3)', '(until 3)'])}`) +
    body(w, inner, Math.min(depth - 1, 1)) +
    exit +
    action(w, '.') +
    action(w, 'end')
  )
}

/** A wanted function as a statement of its own. */
export function callStatement(w: Writer, scope: Scope, signature: Parameters<typeof call>[2]): string {
  const text = call(w, scope, signature, 2)
  const shown = w.random.pick([
    '',
    '',
    '',
    ' | toJson',
    ' | printf "%q"',
    ' | printf "%T"',
    ' | printf "%v"',
    ' | printf "%#v"',
  ])
  return action(w, signature.result === 'time' || signature.result === 'version' ? text : text + shown)
}
