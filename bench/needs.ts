// The programs that a benchmark needs, looked for before anything is started.
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export type Need = {
  readonly program: string
  /** The package of Debian that holds it, or an address to get it from. */
  readonly from: string
}

/** Undefined when all are there; else what is missing, and how to get it. */
export function missingNeeds(needs: readonly Need[], path: string): string | undefined {
  const missing = needs.filter(({ program }) => !isOnPath(program, path))
  if (missing.length === 0) return undefined
  const sources = [...new Set(missing.map(({ from }) => from))]
  const addresses = sources.filter(from => from.startsWith('https://'))
  const packages = sources.filter(from => !addresses.includes(from))
  const ways = [
    ...(packages.length > 0 ? [`on Debian by "apt-get install ${packages.join(' ')}"`] : []),
    ...(addresses.length > 0 ? [`from ${addresses.join(', ')}`] : []),
  ]
  const programs = missing.map(({ program }) => program).join(', ')
  const verb = missing.length === 1 ? 'is' : 'are'
  return `${programs} ${verb} not on the PATH; to be had ${ways.join(' and ')}`
}

function isOnPath(program: string, path: string): boolean {
  return path.split(delimiter).some(folder => folder !== '' && isProgram(join(folder, program)))
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
