// Regular expressions in RE2's syntax and with Go's rules for successive matches.
import { type Matcher, RE2JS, RE2JSException } from 're2js'
import { canonical } from '../bytes.ts'
import { canBackquote, quote } from '../format/quote.ts'
import type { Call, TemplateFunction } from '../function.ts'
import { define, FunctionError, int, string } from '../function.ts'
import { stringSliceType } from '../type.ts'
import { List } from '../value.ts'
import { roomyList } from './slicing.ts'
import { stringList } from './text.ts'

/** What one step pays for: an instruction of the compiled expression at a character of the input. */
const WORK_PER_STEP = 16
/** Go allows a thousand repetitions in all of what may stand in braces. */
const MOST_REPETITIONS = 1000

interface Expression {
  readonly compiled: RE2JS
  readonly size: number
}

/** Go makes room for so many matches at first. */
const FIND_ROOM = 10

const nilStrings = new List(stringSliceType, undefined)

function compile(call: Call, pattern: string): Expression {
  const growth = /[{]|\\[pP]/.test(pattern) ? MOST_REPETITIONS : 4
  call.steps(Math.ceil((pattern.length * growth) / WORK_PER_STEP))
  const valid = /^\P{Cs}*/u.exec(pattern)?.[0] ?? ''
  try {
    const expression = recent.get(valid) ?? compileNew(valid)
    if (valid.length < pattern.length) throw invalidUtf8(pattern.slice(valid.length))
    return expression
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    // Go reads on to the bad byte before it misses an end.
    const isOpen = /missing closing|trailing backslash/.test(error.message)
    if (valid.length < pattern.length && isOpen) throw invalidUtf8(pattern.slice(valid.length))
    throw syntaxError(error.message)
  }
}

/** What was compiled last, oldest first: compiling takes longer than most searches. */
const recent = new Map<string, Expression>()
const MOST_RECENT = 100
const LONGEST_RECENT = 256
const LARGEST_RECENT = 2000

function compileNew(pattern: string): Expression {
  const compiled = RE2JS.compile(pattern)
  const expression = { compiled, size: compiled.programSize() }
  if (pattern.length > LONGEST_RECENT || expression.size > LARGEST_RECENT) return expression
  recent.set(pattern, expression)
  const [oldest] = recent.keys()
  if (recent.size > MOST_RECENT && oldest !== undefined) recent.delete(oldest)
  return expression
}

function invalidUtf8(rest: string): FunctionError {
  const message = 'error parsing regexp: invalid UTF-8'
  return new FunctionError(`${message}: \`${rest}\``, message)
}

function syntaxError(message: string): FunctionError {
  const text = message.endsWith('trailing backslash at end of expression')
    ? `${message}: \`\``
    : // An expression that ends there starts no name in Go.
      message.replace(/invalid named capture: `(\(\?P?)(<?)`$/, (_, start: string, open: string) => {
        return `invalid or unsupported Perl syntax: \`${start.endsWith('P') ? start : start + open}\``
      })
  const cut = /^error parsing regexp: [^`]*?(?=: `)/.exec(text)
  return new FunctionError(text, cut === null ? undefined : cut[0])
}

/** As regexp.MustCompile panics: with the expression in front. */
function mustCompile(call: Call, pattern: string): Expression {
  try {
    return compile(call, pattern)
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error
    const shown = canBackquote(pattern) ? `\`${pattern}\`` : quote(pattern)
    throw new FunctionError(`regexp: Compile(${shown}): ${error.message}`, `regexp: Compile: ${error.safe}`)
  }
}

/**
 * At most `limit` matches (all if negative). An empty match right behind another one is none.
 * One search costs at most its whole input times the expression; many searches that each look far ahead show up as
 * time, which every match gives the execution the occasion to notice.
 */
function* matches(
  call: Call,
  { compiled, size }: Expression,
  text: string,
  limit: number,
): Iterable<Matcher> {
  const work = Math.ceil((text.length * size) / WORK_PER_STEP)
  call.steps(work)
  const matcher = compiled.matcher(text)
  let previousEnd = -1
  for (let count = 0; count !== limit && matcher.find(); ) {
    call.steps(1 + Math.ceil(work / 256))
    const [start, end] = [matcher.start(), matcher.end()]
    if (start === end && start === previousEnd) continue
    previousEnd = end
    count++
    yield matcher
  }
}

function isMatch(call: Call, pattern: string, text: string): boolean {
  const { compiled, size } = compile(call, pattern)
  call.steps(Math.ceil((text.length * size) / WORK_PER_STEP))
  return compiled.test(text)
}

function find(call: Call, expression: Expression, text: string): string {
  for (const match of matches(call, expression, text, 1)) return match.group() ?? ''
  return ''
}

function findAll(call: Call, expression: Expression, text: string, limit: number): List {
  const found: string[] = []
  for (const match of matches(call, expression, text, limit)) {
    call.allocate((found.length + 1) * 16)
    found.push(match.group() ?? '')
  }
  return found.length === 0 ? nilStrings : roomyList(stringSliceType, found, FIND_ROOM)
}

function split(call: Call, expression: Expression, text: string, limit: number): List {
  if (limit === 0) return nilStrings
  if (text === '' && expression.compiled.pattern() !== '') return stringList([''])
  const parts: string[] = []
  let from = 0
  let end = 0
  let count = 0
  for (const match of matches(call, expression, text, limit)) {
    count++
    if (limit > 0 && parts.length === limit - 1) break
    end = match.start()
    call.allocate((parts.length + 1) * 16)
    if (match.end() !== 0) parts.push(text.slice(from, end))
    from = match.end()
  }
  if (end !== text.length) parts.push(text.slice(from))
  return roomyList(stringSliceType, parts, count)
}

type Replacement = (match: Matcher) => string

function replaceAll(call: Call, expression: Expression, text: string, replacement: Replacement): string {
  let out = ''
  let from = 0
  for (const match of matches(call, expression, text, -1)) {
    const inserted = replacement(match)
    call.allocate(out.length + text.length - from + inserted.length)
    out += text.slice(from, match.start()) + inserted
    from = match.end()
  }
  return canonical(out + text.slice(from))
}

// `$name`, `${name}`, `$1`, `$$`; a name is as long as it can be, so `$1x` is the group named 1x. Any other dollar
// is itself.
const REFERENCE = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu

function expanding(call: Call, expression: Expression, template: string): Replacement {
  const names = expression.compiled.namedGroups()
  const groups = expression.compiled.groupCount()
  return match => {
    let size = template.length
    return template.replace(REFERENCE, (reference, braced?: string, bare?: string) => {
      const name = braced ?? bare
      if (name === undefined) return reference.slice(1)
      const number = groupNumber(name)
      const group = number ?? (Object.hasOwn(names, name) ? names[name] : undefined)
      const text = group === undefined || group > groups ? '' : (match.group(group) ?? '')
      size += text.length
      call.allocate(size)
      return text
    })
  }
}

function groupNumber(name: string): number | undefined {
  return /^(?:0|[1-9][0-9]{0,8})$/.test(name) ? Number(name) : undefined
}

/** The plain function panics with the expression in its message, the must one returns the bare error. */
function pair(
  name: string,
  make: (compiler: (call: Call, pattern: string) => Expression) => TemplateFunction,
): Record<string, TemplateFunction> {
  return { [name]: make(mustCompile), [`mustR${name.slice(1)}`]: make(compile) }
}

export const regex: Readonly<Record<string, TemplateFunction>> = {
  regexMatch: define([string, string], (call, pattern, text) => {
    try {
      return isMatch(call, pattern, text)
    } catch (error) {
      if (error instanceof FunctionError) return false
      throw error
    }
  }),
  mustRegexMatch: define([string, string], isMatch),
  ...pair('regexFind', compiler =>
    define([string, string], (call, pattern, text) => find(call, compiler(call, pattern), text)),
  ),
  ...pair('regexFindAll', compiler =>
    define([string, string, int], (call, pattern, text, limit) =>
      findAll(call, compiler(call, pattern), text, limit),
    ),
  ),
  ...pair('regexSplit', compiler =>
    define([string, string, int], (call, pattern, text, limit) =>
      split(call, compiler(call, pattern), text, limit),
    ),
  ),
  ...pair('regexReplaceAll', compiler =>
    define([string, string, string], (call, pattern, text, template) => {
      const expression = compiler(call, pattern)
      return replaceAll(call, expression, text, expanding(call, expression, template))
    }),
  ),
  ...pair('regexReplaceAllLiteral', compiler =>
    define([string, string, string], (call, pattern, text, literal) =>
      replaceAll(call, compiler(call, pattern), text, () => literal),
    ),
  ),
  regexQuoteMeta: define([string], (_, text) => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')),
}
