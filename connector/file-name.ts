// Names of files in a volume: one plain name, never a path and never one of the volume's own.

/** Why the name cannot be a file of a volume, or undefined. Spec: resources.md (admission) and compat.md, section 1. */
export function fileNameProblem(name: string): string | undefined {
  if (name === '') return 'it is empty'
  if (name.startsWith('..')) return 'it starts with ".."'
  if (name === '.') return 'it is "."'
  if (name.length > 253) return 'it is longer than 253 characters'
  if (!/^[A-Za-z0-9._-]+$/.test(name)) return 'only letters, digits, "-", "_" and "." are allowed'
  return undefined
}
