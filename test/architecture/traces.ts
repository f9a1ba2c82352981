// What would tie the tree to the machine or the package mirror on which it was written.
import type { SourceFile } from './source.ts'

// Spelled in parts, so that this file does not name them either.
const registry = new RegExp(
  `\\b(${['registry', '(npmjs|yarnpkg)'].join('\\.')}\\.\\w+|files\\.${'python'}hosted\\.org|proxy\\.${'go'}lang\\.org)\\b`,
)

export function checkTraces({ path, text }: SourceFile): string[] {
  return text.split('\n').flatMap((line, index) => {
    const at = `${path}:${index + 1}`
    const machine = /(?<![\w.:}$*/-])\/(?:(?:work|root|Users\/\w+)\/|tmp\/bash)/.exec(line)
    const host = registry.exec(line)
    return [
      ...(machine ? [`${at}: names a path of one machine: ${machine[0]}`] : []),
      ...(host ? [`${at}: names a package registry: ${host[0]}`] : []),
    ]
  })
}

export function checkLockFile({ path, text }: SourceFile): string[] {
  return /"resolved":\s*"https?:/.test(text) ? [`${path}: holds addresses of one registry ("resolved")`] : []
}
