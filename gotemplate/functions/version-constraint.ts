// Constraints on versions (`>=1.2, <2 || ~3.1`) in the dialect of Masterminds/semver v3.
import { RE2JS } from 're2js'
import type { Version } from './version.ts'
import { compareVersions, parseVersion, VersionError } from './version.ts'

interface Constraint {
  readonly operator: string
  readonly version: Version
  /** The first part that is a wildcard or missing; '' if all three are numbers. */
  readonly open: '' | 'major' | 'minor' | 'patch'
}

// The dialect takes `|` for a digit of a constraint; such a number fails later with an error of its own.
const NUMBER = '[0-9|xX*]+'
const SUFFIX = '(-[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?'
const BLANK = '[\\t\\n\\f\\r ]'
const TERM = new RegExp(
  `(!=|>=|=>|<=|=<|~>|[=<>~^]|)${BLANK}*(v?(${NUMBER})(?:\\.(${NUMBER}))?(?:\\.(${NUMBER}))?${SUFFIX})`,
  'y',
)
const SEPARATOR = new RegExp(`${BLANK}*,${BLANK}*|${BLANK}+`, 'y')
const TRAILING = new RegExp(`${BLANK}*$`, 'y')

/** Whether the version satisfies one of the alternatives. Throws a VersionError. */
export function satisfies(constraint: string, text: string): boolean {
  const alternatives = rewriteHyphenRanges(constraint).split('||').map(parseAlternative)
  const version = parseVersion(text)
  return alternatives.some(terms => terms.every(term => check(term, version)))
}

// Linear in its input, which a backtracking expression here would not be.
function rewriteHyphenRanges(constraint: string): string {
  if (!constraint.includes('-')) return constraint
  const number = '[0-9|xX*]+'
  const version = `v?${number}(?:\\.${number})?(?:\\.${number})?${SUFFIX.replace('(-', '(?:-')}`
  const range = RE2JS.compile(`\\s*(${version})\\s+-\\s+(${version})\\s*`).matcher(constraint)
  let rewritten = ''
  let from = 0
  while (range.find()) {
    rewritten += `${constraint.slice(from, range.start())}>= ${range.group(1)}, <= ${range.group(2)} `
    from = range.end()
  }
  return rewritten + constraint.slice(from)
}

function parseAlternative(text: string): readonly Constraint[] {
  // The form of them all is judged before the version in any.
  return cutIntoTerms(text).map(constraintFromMatch)
}

function cutIntoTerms(text: string): readonly RegExpExecArray[] {
  const terms: RegExpExecArray[] = []
  let at = text.length - text.replace(/^[\t\n\f\r ]+/, '').length
  for (;;) {
    TERM.lastIndex = at
    const term = TERM.exec(text)
    if (term === null) throw new VersionError(`improper constraint: ${text}`)
    terms.push(term)
    at = TERM.lastIndex
    TRAILING.lastIndex = at
    if (TRAILING.test(text)) return terms
    SEPARATOR.lastIndex = at
    if (!SEPARATOR.test(text)) throw new VersionError(`improper constraint: ${text}`)
    at = SEPARATOR.lastIndex
  }
}

function constraintFromMatch(match: RegExpExecArray): Constraint {
  const [, operator = '', spelled = '', major = '', minor = '', patch = '', prerelease = ''] = match
  const isOpen = (part: string): boolean => part === '' || /^[xX*]$/.test(part)
  const open = isOpen(major) ? 'major' : isOpen(minor) ? 'minor' : isOpen(patch) ? 'patch' : ''
  const text = {
    major: `0.0.0${prerelease}`,
    minor: `${major}.0.0${prerelease}`,
    patch: `${major}.${minor}.0${prerelease}`,
    '': spelled,
  }[open]
  try {
    return { operator, version: parseVersion(text), open }
  } catch (error) {
    if (error instanceof VersionError) throw new VersionError('constraint Parser Error')
    throw error
  }
}

function check(constraint: Constraint, version: Version): boolean {
  const { operator, version: bound, open } = constraint
  const order = compareVersions(version, bound)
  if (operator === '!=') return differs(constraint, version)
  // Pre-releases count only where the constraint names one.
  if (version.prerelease !== '' && bound.prerelease === '') return false
  switch (operator) {
    case '>':
      return isAbove(constraint, version)
    case '<':
      return order < 0
    case '>=':
    case '=>':
      return order >= 0
    case '<=':
    case '=<':
      return isAtMost(constraint, version)
    case '~':
    case '~>':
      return isCloseTo(constraint, version)
    case '^':
      return isCompatible(constraint, version)
    default:
      return open === '' ? order === 0 : isCloseTo(constraint, version)
  }
}

function differs({ version: bound, open }: Constraint, version: Version): boolean {
  if (open === '') return compareVersions(version, bound) !== 0
  if (version.prerelease !== '' && bound.prerelease === '') return false
  if (bound.major !== version.major) return true
  if (open === 'minor') return false
  if (bound.minor !== version.minor) return true
  // `!=*` on 0.0.z falls through to a plain comparison; `!=1.2.x` looks at the pre-release alone.
  if (open === 'major') return bound.patch !== version.patch || compareVersions(version, bound) !== 0
  return version.prerelease !== bound.prerelease
}

function isAbove({ version: bound, open }: Constraint, version: Version): boolean {
  if (open === '' || version.major !== bound.major) return compareVersions(version, bound) > 0
  if (open === 'minor') return false
  if (open === 'patch') return version.minor > bound.minor
  return compareVersions(version, bound) > 0
}

function isAtMost({ version: bound, open }: Constraint, version: Version): boolean {
  if (open === '') return compareVersions(version, bound) <= 0
  if (version.major !== bound.major) return version.major < bound.major
  return open === 'minor' || version.minor <= bound.minor
}

function isCloseTo({ version: bound, open }: Constraint, version: Version): boolean {
  if (compareVersions(version, bound) < 0) return false
  const isZero = bound.major === 0n && bound.minor === 0n && bound.patch === 0n
  if (isZero && open !== 'minor' && open !== 'patch') return true
  return version.major === bound.major && (open === 'minor' || version.minor === bound.minor)
}

function isCompatible({ version: bound, open }: Constraint, version: Version): boolean {
  if (compareVersions(version, bound) < 0 || version.major !== bound.major) {
    // `^*` alone, written with every part open, still keeps to major version 0.
    return false
  }
  if (bound.major > 0n || open === 'minor') return true
  if (bound.minor > 0n || open === 'patch') return version.minor === bound.minor
  return version.minor === 0n && version.patch === bound.patch
}
