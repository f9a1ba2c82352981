// Who may import whom: the rings of the tree, the fences around packages, and the built-ins of the pure ring.
import { posix } from 'node:path'
import { type Import, importsOf, type SourceFile } from './source.ts'

const pure = ['connector', 'gotemplate', 'resource-interface']
/** In this order: each may import those before it. */
const shared = ['runtime', 'kube', 'pki', 'seal', 'http', 'tool', 'cluster']
const components = ['controller', 'proxy', 'csi', 'api', 'standalone']
const shell = ['cli', 'console']

/** For each folder with code, the other folders that it may import. */
const directions: Readonly<Record<string, readonly string[]>> = {
  gotemplate: [],
  connector: ['gotemplate'],
  'resource-interface': [],
  ...Object.fromEntries(shared.map((folder, at) => [folder, [...pure, ...shared.slice(0, at)]])),
  ...Object.fromEntries(components.map(folder => [folder, [...pure, ...shared]])),
  ...Object.fromEntries(
    [...shell, 'bench'].map(folder => [folder, [...pure, ...shared, ...components, ...shell]]),
  ),
  image: [],
  test: [...pure, ...shared, ...components, ...shell, 'bench'],
}

interface Fence {
  /** Paths, or beginnings of paths, that may import the package. */
  readonly within: readonly string[]
  readonly typeOnly?: boolean
}

const fences: Readonly<Record<string, Fence>> = {
  '@grpc/grpc-js': { within: ['csi/'] },
  '@grpc/proto-loader': { within: ['csi/'] },
  '@jitl/quickjs-singlefile-browser-release-sync': { within: ['resource-interface/'] },
  '@kubernetes/client-node': { within: ['kube/'], typeOnly: true },
  '@marcbachmann/cel-js': { within: ['connector/cel/'] },
  '@peculiar/x509': { within: ['pki/'] },
  ajv: { within: ['standalone/'] },
  bcryptjs: { within: ['gotemplate/'] },
  'fast-json-patch': { within: ['standalone/'] },
  jose: { within: ['standalone/'] },
  'prom-client': { within: ['runtime/'] },
  'quickjs-emscripten-core': { within: ['resource-interface/'] },
  re2js: { within: ['gotemplate/', 'connector/cel/'] },
  // A peer that @peculiar/x509 expects to be loaded before it.
  'reflect-metadata': { within: ['pki/'] },
  yaml: {
    within: [
      'standalone/',
      'cli/',
      'kube/config/kubeconfig.ts',
      'kube/object/documents.ts',
      'resource-interface/',
    ],
  },
}

/** The only built-ins of the pure ring, which must otherwise run in a browser. */
const pureBuiltins: Readonly<Record<string, readonly string[]>> = {
  'connector/sensitive.ts': ['node:util'],
  'gotemplate/functions/certificate.ts': ['node:crypto', 'node:net'],
  'gotemplate/functions/crypto': ['node:crypto'],
  'gotemplate/functions/hash.ts': ['node:crypto'],
}

/** Folders that hold data for other tools. */
const withoutCode = ['classes', 'tasks', 'charts', 'docs']

export function checkImports(file: SourceFile): string[] {
  const top = topFolder(file.path)
  if (withoutCode.includes(top)) return [`${file.path}: ${top}/ holds no TypeScript`]
  if (!(top in directions)) return [`${file.path}: the folder "${top}" has no place in the rings`]
  return importsOf(file.text).flatMap(found => {
    const complaint = found.specifier.startsWith('.')
      ? checkRelative(file.path, found.specifier)
      : checkPackage(file.path, found)
    return complaint === undefined ? [] : [`${file.path}: imports "${found.specifier}": ${complaint}`]
  })
}

/** `node:fs` for a built-in, otherwise the package of a specifier without its subpath. */
export function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function checkRelative(path: string, specifier: string): string | undefined {
  const from = topFolder(path)
  const target = posix.normalize(posix.join(posix.dirname(path), specifier))
  const to = topFolder(target)
  if (target.startsWith('..')) return 'it is outside the tree'
  if (!/\.(ts|json)$/.test(target)) return 'a relative import names its file with the ending'
  if (from === to) return undefined
  if (to === 'test') return 'nothing imports test'
  if (target === 'package.json') return undefined
  return directions[from]?.includes(to) ? undefined : `${from} may not import ${to}`
}

function checkPackage(path: string, { specifier, typeOnly }: Import): string | undefined {
  const top = topFolder(path)
  const name = packageOf(specifier)
  if (name.startsWith('node:')) {
    if (!pure.includes(top)) return undefined
    const allowed = Object.entries(pureBuiltins).some(
      ([start, names]) => path.startsWith(start) && names.includes(name),
    )
    return allowed ? undefined : `${top} is pure and has no built-ins`
  }
  if (top === 'test' || top === 'bench') return undefined
  const fence = fences[name]
  if (!fence) return 'the package has no fence in test/architecture/imports.ts'
  if (!fence.within.some(start => path.startsWith(start))) return `it belongs to ${fence.within.join(', ')}`
  return fence.typeOnly && !typeOnly ? 'only its types may be imported' : undefined
}

function topFolder(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : ''
}
