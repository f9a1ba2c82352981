// Semantic versions and constraints in the dialect of Masterminds/semver v3, which is wider than npm's
// (`1.2` is a version, `|` counts as a digit of a constraint) and words its errors differently.

export interface Version {
  readonly major: bigint
  readonly minor: bigint
  readonly patch: bigint
  readonly prerelease: string
  readonly metadata: string
  /** The text it was read from. */
  readonly original: string
}

/** A version or constraint that cannot be read; `message` is Go's. */
export class VersionError extends Error {}

const SUFFIX = '(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(?:\\+([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?'
const VERSION = new RegExp(`^v?([0-9]+)(?:\\.([0-9]+))?(?:\\.([0-9]+))?${SUFFIX}$`)

/** Missing parts are 0, a leading `v` is allowed. Throws a VersionError. */
export function parseVersion(text: string): Version {
  const match = VERSION.exec(text)
  if (match === null) throw new VersionError('Invalid Semantic Version')
  const [, major = '0', minor = '0', patch = '0', prerelease = '', metadata = ''] = match
  const version = {
    major: parseSegment(major),
    minor: parseSegment(minor),
    patch: parseSegment(patch),
    prerelease,
    metadata,
    original: text,
  }
  const problem = prereleaseProblem(prerelease)
  if (problem !== undefined) throw new VersionError(problem)
  return version
}

/** What is wrong with a pre-release, in Go's words. */
export function prereleaseProblem(prerelease: string): string | undefined {
  for (const part of prerelease.split('.')) {
    if (/^0[0-9]+$/.test(part)) return 'Version segment starts with 0'
    if (!/^[0-9A-Za-z-]*$/.test(part)) return 'Invalid Prerelease string'
  }
  return undefined
}

export function isMetadata(text: string): boolean {
  return /^[0-9A-Za-z.-]*$/.test(text)
}

function parseSegment(digits: string): bigint {
  const value = uint64FromDigits(digits)
  if (value !== undefined) return value
  throw new VersionError(
    `Error parsing version segment: strconv.ParseUint: parsing "${digits}": value out of range`,
  )
}

export function formatVersion(version: Version): string {
  const prerelease = version.prerelease === '' ? '' : `-${version.prerelease}`
  const metadata = version.metadata === '' ? '' : `+${version.metadata}`
  return `${version.major}.${version.minor}.${version.patch}${prerelease}${metadata}`
}

/** Negative, zero or positive; metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  for (const part of ['major', 'minor', 'patch'] as const) {
    if (a[part] !== b[part]) return a[part] < b[part] ? -1 : 1
  }
  if (a.prerelease === b.prerelease) return 0
  if (a.prerelease === '') return 1
  if (b.prerelease === '') return -1
  return comparePrereleases(a.prerelease, b.prerelease)
}

function comparePrereleases(a: string, b: string): number {
  const left = a.split('.')
  const right = b.split('.')
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = compareParts(left[i] ?? '', right[i] ?? '')
    if (order !== 0) return order
  }
  return 0
}

function compareParts(a: string, b: string): number {
  if (a === b) return 0
  if (a === '' || b === '') return a === '' ? -1 : 1
  const left = numericPart(a)
  const right = numericPart(b)
  if (left === undefined && right === undefined) return a > b ? 1 : -1
  if (right === undefined) return -1
  if (left === undefined) return 1
  return left > right ? 1 : -1
}

function numericPart(text: string): bigint | undefined {
  return /^[0-9]+$/.test(text) ? uint64FromDigits(text) : undefined
}

function uint64FromDigits(digits: string): bigint | undefined {
  const significant = digits.replace(/^0+(?=.)/, '')
  if (significant.length > 20) return undefined
  const value = BigInt(significant)
  return value < 1n << 64n ? value : undefined
}
