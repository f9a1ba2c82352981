// Semantic versions: `semver` gives Go's *semver.Version with its methods, `semverCompare` checks a constraint.
import type { Call, TemplateFunction } from '../function.ts'
import { define, FunctionError, of, string } from '../function.ts'
import { pointerTo, stringType, structType, uint64Type } from '../type.ts'
import { Int, int, Pointer, Struct, type Value } from '../value.ts'
import { NIL_DEREFERENCE } from './text.ts'
import {
  compareVersions,
  formatVersion,
  isMetadata,
  parseVersion,
  prereleaseProblem,
  type Version,
  VersionError,
} from './version.ts'
import { satisfies } from './version-constraint.ts'

/** Filled below: the methods need the type for their receiver. */
const valueMethods = new Map<string, TemplateFunction>()
const pointerMethods = new Map<string, TemplateFunction>()

/** The fields are private in Go, so templates see the methods alone. */
const versionType = structType(
  'semver.Version',
  [
    { name: 'major', type: uint64Type },
    { name: 'minor', type: uint64Type },
    { name: 'patch', type: uint64Type },
    { name: 'pre', type: stringType },
    { name: 'metadata', type: stringType },
    { name: 'original', type: stringType },
  ],
  {
    methods: valueMethods,
    pointerMethods,
    stringer: value => formatVersion(versionOf(value)),
  },
)
const versionPointerType = pointerTo(versionType)
const ZERO: Version = { major: 0n, minor: 0n, patch: 0n, prerelease: '', metadata: '', original: '' }

/** The version behind a struct or pointer of Go's type, for those who print it; undefined for other values. */
export function versionText(value: Value): string | undefined {
  if (value instanceof Pointer && value.type === versionPointerType && value.target !== undefined) {
    return formatVersion(versionOf(value))
  }
  return value instanceof Struct && value.type === versionType ? formatVersion(versionOf(value)) : undefined
}

function versionOf(value: Value): Version {
  if (value instanceof Pointer && value.target !== undefined) return versionOf(value.target)
  if (value instanceof Struct && value.type === versionType)
    return (value.native as Version | undefined) ?? ZERO
  throw new FunctionError(NIL_DEREFERENCE)
}

function structFromVersion(version: Version): Struct {
  const numbers = [version.major, version.minor, version.patch].map(number => new Int(uint64Type, number))
  return new Struct(
    versionType,
    [...numbers, version.prerelease, version.metadata, version.original],
    version,
  )
}

const valueReceiver = of<Struct>(versionType)
const pointer = of<Pointer>(versionPointerType)

function getter(body: (version: Version) => Value): TemplateFunction {
  return define([valueReceiver], (_, value) => body(versionOf(value)))
}

function comparison(body: (order: number) => Value): TemplateFunction {
  return define([pointer, pointer], (_, a, b) => body(compareVersions(versionOf(a), versionOf(b))))
}

/** A changed copy; its original text is spelled anew and keeps a leading `v`. */
function changed(version: Version, change: Partial<Version>): Struct {
  const next = { ...version, ...change }
  const prefix = version.original.startsWith('v') ? 'v' : ''
  return structFromVersion({ ...next, original: prefix + formatVersion(next) })
}

function bumped(change: (version: Version) => Partial<Version>): TemplateFunction {
  return getter(version => changed(version, { prerelease: '', metadata: '', ...change(version) }))
}

function next(number: bigint): bigint {
  return BigInt.asUintN(64, number + 1n)
}

const methods: Readonly<Record<string, TemplateFunction>> = {
  Major: getter(version => new Int(uint64Type, version.major)),
  Minor: getter(version => new Int(uint64Type, version.minor)),
  Patch: getter(version => new Int(uint64Type, version.patch)),
  Prerelease: getter(version => version.prerelease),
  Metadata: getter(version => version.metadata),
  String: getter(formatVersion),
  IncMajor: bumped(version => ({ major: next(version.major), minor: 0n, patch: 0n })),
  IncMinor: bumped(version => ({ minor: next(version.minor), patch: 0n })),
  IncPatch: bumped(version => (version.prerelease === '' ? { patch: next(version.patch) } : {})),
  SetPrerelease: define([valueReceiver, string], (_, value, prerelease) => {
    const problem = prerelease === '' ? undefined : prereleaseProblem(prerelease)
    if (problem !== undefined) throw new FunctionError(problem)
    return changed(versionOf(value), { prerelease })
  }),
  SetMetadata: define([valueReceiver, string], (_, value, metadata) => {
    if (!isMetadata(metadata)) throw new FunctionError('Invalid Metadata string')
    return changed(versionOf(value), { metadata })
  }),
}

const methodsOfPointer: Readonly<Record<string, TemplateFunction>> = {
  Original: define([pointer], (_, value) => versionOf(value).original),
  Compare: comparison(order => int(Math.sign(order))),
  Equal: comparison(order => order === 0),
  LessThan: comparison(order => order < 0),
  LessThanEqual: comparison(order => order <= 0),
  GreaterThan: comparison(order => order > 0),
  GreaterThanEqual: comparison(order => order >= 0),
}

for (const [name, method] of Object.entries(methods)) valueMethods.set(name, method)
for (const [name, method] of Object.entries(methodsOfPointer)) pointerMethods.set(name, method)

/** Versions and constraints are short; what is long costs what it takes to look at it. */
const STEPS_PER_CHARACTER = 16

function reading<T>(call: Call, texts: readonly string[], read: () => T): T {
  for (const text of texts) call.steps(text.length * STEPS_PER_CHARACTER)
  try {
    return read()
  } catch (error) {
    if (!(error instanceof VersionError)) throw error
    throw new FunctionError(error.message, error.message.replace(/(?<=improper constraint|parsing ).*/s, ''))
  }
}

export const semver: Readonly<Record<string, TemplateFunction>> = {
  semver: define([string], (call, text) =>
    reading(call, [text], () => new Pointer(versionPointerType, structFromVersion(parseVersion(text)))),
  ),
  semverCompare: define([string, string], (call, constraint, version) =>
    reading(call, [constraint, version], () => satisfies(constraint, version)),
  ),
}
