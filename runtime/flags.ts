// Command lines as each component's config.ts declares them: typed values with defaults, and every problem at once.
import { parseArgs } from 'node:util'
import { ConnectorsError } from '../connector/errors.ts'
import type { ObjectKey } from '../connector/object.ts'
import { formatDuration, parseDuration } from './duration.ts'

/** One option: what a text means, or what is wrong with it. */
export interface Flag<T> {
  readonly parse: (text: string) => { readonly value: T } | { readonly problem: string }
  /** Absent: the flag must be given. */
  readonly fallback?: T
  /** Variable to take the value from when the command line does not give one. */
  readonly env?: string
  readonly help: string
  /** How its help writes a default; absent: as text. */
  format?(value: T): string
  /** A flag that stands for itself: `--require-ready` is `--require-ready=true`. */
  readonly bare?: boolean
  /** Given again, it adds; otherwise the last one counts. */
  readonly repeatable?: boolean
}

export type Flags = Readonly<Record<string, Flag<unknown>>>
export type FlagValues<F extends Flags> = {
  readonly [Name in keyof F]: F[Name] extends Flag<infer T> ? T : never
}

interface Common<T> {
  readonly fallback?: T
  readonly env?: string
  readonly help: string
}

/** `problem` says what is wrong with a text. */
export function textFlag({
  problem = () => undefined,
  ...options
}: Common<string> & { readonly problem?: (text: string) => string | undefined }): Flag<string> {
  return { ...options, parse: value => asParsed(value, problem(value)) }
}

function asParsed<T>(value: T, problem: string | undefined): ReturnType<Flag<T>['parse']> {
  return problem === undefined ? { value } : { problem }
}

/** One of a closed set of words. */
export function choiceFlag<const T extends string>(choices: readonly T[], options: Common<T>): Flag<T> {
  return {
    ...options,
    parse: text => {
      const value = choices.find(choice => choice === text)
      return value === undefined ? { problem: `must be one of ${choices.join(', ')}` } : { value }
    },
  }
}

export function booleanFlag(options: Common<boolean>): Flag<boolean> {
  return {
    fallback: false,
    ...options,
    bare: true,
    parse: text =>
      text === 'true' || text === 'false' ? { value: text === 'true' } : { problem: 'must be true or false' },
  }
}

export function integerFlag(
  options: Common<number> & { readonly min: number; readonly max: number },
): Flag<number> {
  const { min, max, ...common } = options
  return {
    ...common,
    parse: text => {
      const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
      return value >= min && value <= max
        ? { value }
        : { problem: `must be an integer from ${min} to ${max}` }
    },
  }
}

/** Milliseconds, written as `30m`. */
export function durationFlag(options: Common<number> & { readonly minMs?: number }): Flag<number> {
  const { minMs = 0, ...common } = options
  return {
    ...common,
    format: formatDuration,
    parse: text => {
      const value = parseDuration(text)
      if (value === undefined) return { problem: 'must be a duration like 30s, 5m or 1h30m' }
      return value < minMs ? { problem: `must be at least ${minMs} ms` } : { value }
    },
  }
}

/** A comma list; the flag may also be repeated. */
export function listFlag({
  problem = () => undefined,
  ...options
}: Common<readonly string[]> & {
  /** Of the whole list. */
  readonly problem?: (items: readonly string[]) => string | undefined
}): Flag<readonly string[]> {
  return {
    ...options,
    repeatable: true,
    parse: text => {
      const items = text
        .split(',')
        .map(item => item.trim())
        .filter(item => item !== '')
      return asParsed(items, problem(items))
    },
  }
}

export interface Address {
  /** Empty for all addresses, as `server.listen` takes it. */
  readonly host: string
  readonly port: number
}

/** `127.0.0.1:8080`, `[::1]:8080`, `:8080` for all addresses. */
export function addressFlag(options: Common<Address>): Flag<Address> {
  return {
    ...options,
    format: formatAddress,
    parse: text => {
      const [, host = '', port = ''] = /^(\[[0-9A-Fa-f:.]+\]|[\w.-]*):(\d{1,5})$/.exec(text) ?? []
      if (port === '' || Number(port) > 65_535) return { problem: 'must be an address like 127.0.0.1:8080' }
      return { value: { host: host.replace(/^\[|\]$/g, ''), port: Number(port) } }
    },
  }
}

/** As `addressFlag` reads it, and as the authority of a URL. */
export function formatAddress({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** `namespace/name` of an object; without one, undefined. */
export function objectFlag({ help }: { readonly help: string }): Flag<ObjectKey | undefined> {
  return {
    help,
    fallback: undefined,
    parse: text => {
      if (text === '') return { value: undefined }
      const [, namespace, name] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(text) ?? []
      return namespace === undefined || name === undefined
        ? { problem: 'must be namespace/name' }
        : { value: { namespace, name } }
    },
  }
}

export interface FlagSource {
  /** Without the program's own name. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Throws one INVALID that names every problem. A value that is not understood is never repeated: it may be a secret. */
export function parseFlags<F extends Flags>(flags: F, { argv, env }: FlagSource): FlagValues<F> {
  const { given, problems } = readArguments(flags, argv)
  const values: Record<string, unknown> = {}
  for (const [name, flag] of Object.entries(flags)) {
    const fromEnv = flag.env === undefined ? undefined : env[flag.env] || undefined
    const text = given.get(name) ?? fromEnv
    if (text === undefined) {
      if ('fallback' in flag) values[name] = flag.fallback
      else problems.push(`--${name} is required`)
      continue
    }
    const parsed = flag.parse(text)
    if ('value' in parsed) values[name] = parsed.value
    else problems.push(`${given.has(name) ? `--${name}` : flag.env} ${parsed.problem}`)
  }
  if (problems.length > 0) {
    const message = `Cannot start with these settings: ${problems.join('; ')}`
    throw new ConnectorsError('INVALID', 'FlagsInvalid', message)
  }
  return Object.freeze(values) as FlagValues<F>
}

function readArguments(
  flags: Flags,
  argv: readonly string[],
): { readonly given: ReadonlyMap<string, string>; readonly problems: string[] } {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { bare }]) => [name, { type: bare ? 'boolean' : 'string' } as const]),
  )
  // Not strict: parseArgs would stop at the first problem, and refuses `--flag=false`.
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  })
  const given = new Map<string, string>()
  const problems: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push(`argument ${token.index + 1} belongs to no flag`)
    if (token.kind !== 'option') continue
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined
    const swallowed = token.inlineValue === false && token.value.startsWith('--')
    if (flag === undefined) problems.push(`${token.rawName} is not known`)
    else if (flag.bare) given.set(token.name, token.value ?? 'true')
    else if (token.value === undefined || swallowed) problems.push(`--${token.name} needs a value`)
    else if (flag.repeatable && given.has(token.name))
      given.set(token.name, `${given.get(token.name)},${token.value}`)
    else given.set(token.name, token.value)
  }
  return { given, problems }
}

/** The flags as `--help` shows them. */
export function renderFlags(flags: Flags): string {
  const rows = Object.entries(flags).map(([name, flag]) => [
    `--${name}`,
    [flag.help, defaultOf(flag), flag.env === undefined ? '' : `[${flag.env}]`].filter(Boolean).join(' '),
  ])
  const width = Math.max(...rows.map(([name = '']) => name.length))
  return rows.map(([name = '', help = '']) => `  ${name.padEnd(width)}  ${help}\n`).join('')
}

function defaultOf({ fallback, format = String }: Flag<unknown>): string {
  const text = fallback === undefined ? '' : format(fallback)
  return text === '' ? '' : `(default ${text})`
}
