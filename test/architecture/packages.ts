// What package.json may say, against what the code imports and what ARCHITECTURE.md explains.
import { packageOf } from './imports.ts'
import { importsOf, type SourceFile } from './source.ts'

export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export function checkDeclared(manifest: Manifest, files: readonly SourceFile[]): string[] {
  const runtime = Object.keys(manifest.dependencies ?? {})
  const development = Object.keys(manifest.devDependencies ?? {})
  return files.flatMap(({ path, text }) =>
    packagesIn(text).flatMap(({ name, typeOnly }) => {
      if (runtime.includes(name)) return []
      if (!development.includes(name)) return [`${path}: imports "${name}", which package.json does not name`]
      return typeOnly || /^(test|bench)\//.test(path)
        ? []
        : [`${path}: imports "${name}", which is not there in production`]
    }),
  )
}

export function checkUsed(manifest: Manifest, files: readonly SourceFile[]): string[] {
  const used = new Set(
    files.filter(isProduct).flatMap(({ text }) => packagesIn(text).map(({ name }) => name)),
  )
  return Object.keys(manifest.dependencies ?? {})
    .filter(name => !used.has(name))
    .map(name => `package.json: nothing imports the dependency "${name}"`)
}

/** One line of its own for each dependency: what we would have to write without it. */
export function checkExplained(manifest: Manifest, architecture: string): string[] {
  const lines = architecture.split('\n')
  return Object.keys(manifest.dependencies ?? {})
    .filter(name => !lines.some(line => line.includes(`\`${name}\``)))
    .map(name => `ARCHITECTURE.md: no line names the dependency \`${name}\` and what it saves`)
}

export function checkExact(manifest: Manifest): string[] {
  return Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([name, version]) => `package.json: "${name}" is not pinned: ${version}`)
}

function packagesIn(text: string): { name: string; typeOnly: boolean }[] {
  return importsOf(text)
    .filter(({ specifier }) => !/^(\.|node:)/.test(specifier))
    .map(({ specifier, typeOnly }) => ({ name: packageOf(specifier), typeOnly }))
}

function isProduct({ path }: SourceFile): boolean {
  return !/^(test|bench)\//.test(path)
}
