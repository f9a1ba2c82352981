// Command lines: parsed against a declaration, refused in one line that says what is allowed.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { ConnectorsError } from '../connector/errors.ts'
import type { ObjectKey } from '../connector/object.ts'

/** Declared options get their values; `--` ends options, and what follows it comes back as `rest`. */
export function parseCommandLine<const T extends ParseArgsOptionsConfig>(
  command: string,
  args: readonly string[],
  options: T,
) {
  const mark = args.indexOf('--')
  const own = mark < 0 ? [...args] : args.slice(0, mark)
  try {
    const { values } = parseArgs({ args: own, options, strict: true, allowPositionals: false })
    return { values, rest: mark < 0 ? [] : args.slice(mark + 1) }
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('. ', 1)[0] ?? '') : String(error)
    throw usageError(command, why)
  }
}

export function usageError(command: string, why: string): ConnectorsError {
  return new ConnectorsError(
    'INVALID',
    'UsageInvalid',
    `Cannot run "${command}" as written: ${why}; see 'connectors ${command} --help'`,
  )
}

/** `namespace/name`, or a name in the namespace given. */
export function parseKey(command: string, text: string, namespace = 'default'): ObjectKey {
  const parts = text.split('/')
  const [first, second] = parts
  if (parts.length === 1 && first) return { namespace, name: first }
  if (parts.length === 2 && first && second) return { namespace: first, name: second }
  throw usageError(command, `"${text}" is no namespace/name`)
}
