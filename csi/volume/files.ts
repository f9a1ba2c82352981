// The files of a volume, replaced as one: each set in a folder of its own, `..data` a symlink to the current one that
// is swapped by a rename, and a symlink into it for each file. Kubelet keeps ConfigMaps the same way.
import { createHash } from 'node:crypto'
import {
  chmod,
  lstat,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rmdir,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { ConnectorsError } from '../../connector/errors.ts'
import { fileNameProblem } from '../../connector/file-name.ts'
import { maxVolumeBytes } from '../../connector/render.ts'

export type WriteOptions = {
  /** Stands in the set's name, to be read back: letters, digits and dashes. */
  readonly label: string
  readonly fileMode: number
  /** Milliseconds since the epoch: the set's name shows when it was written. */
  readonly nowMs: number
}

const current = '..data'
const next = '..data_tmp'
// `..<time>.<label>.<digest of the content>.<something unique>`
const setName = /^\.\.\d{4}(?:_\d\d){5}\.([A-Za-z0-9-]+)\.([0-9a-f]{32})\.[A-Za-z0-9]+$/

export type CurrentSet = {
  readonly label: string
  /** Whether its files are as they were written. */
  readonly isIntact: boolean
}

/** The set that the directory shows. */
export async function readCurrentSet(directory: string): Promise<CurrentSet | undefined> {
  const set = await currentSet(directory)
  const [, label, digest] = setName.exec(set ?? '') ?? []
  if (set === undefined || label === undefined) return undefined
  return { label, isIntact: (await readDigest(join(directory, set))) === digest }
}

/** Finishes what a killed process left half done around the current set, which stays. */
export async function mendFiles(directory: string): Promise<void> {
  const set = await currentSet(directory)
  if (set === undefined) return
  await syncLinks(directory, { set, names: new Set(await readdir(join(directory, set))) })
}

/** Brings the directory to these files. A reader sees the old set or the new one, never some of both. */
export async function writeFiles(
  directory: string,
  files: ReadonlyMap<string, Uint8Array>,
  options: WriteOptions,
): Promise<'written' | 'unchanged'> {
  for (const name of files.keys()) checkFileName(name)
  const digest = digestOf([...files].map(([name, bytes]) => ({ name, bytes, mode: options.fileMode })))
  const before = await currentSet(directory)
  const isSame = before !== undefined && (await readDigest(join(directory, before))) === digest
  const set = isSame ? before : await writeSet(directory, files, { ...options, digest })
  if (!isSame) await swap(directory, set)
  await syncLinks(directory, { set, names: new Set(files.keys()) })
  return isSame ? 'unchanged' : 'written'
}

/**
 * Takes away what `writeFiles` made and nothing else. Throws when another's file is left. The folder itself stays.
 */
export async function removeFiles(directory: string): Promise<void> {
  await syncLinks(directory, { set: undefined, names: new Set() })
  await unlinkIfThere(join(directory, current))
  const [foreign] = await readdir(directory)
  if (foreign === undefined) return
  throw new ConnectorsError(
    'PRECONDITION',
    'ForeignFile',
    `Cannot remove volume directory "${directory}": ${JSON.stringify(foreign)} in it is not the driver's`,
  )
}

async function currentSet(directory: string): Promise<string | undefined> {
  const set = await readlinkIfLink(join(directory, current))
  if (set === undefined || !setName.test(set)) return undefined
  return (await isDirectory(join(directory, set))) ? set : undefined
}

type SetFile = { readonly name: string; readonly bytes: Uint8Array; readonly mode: number }

function digestOf(files: readonly SetFile[]): string {
  const hash = createHash('sha256')
  for (const { name, bytes, mode } of files.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    hash.update(`${name}\0${mode}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex').slice(0, 32)
}

/** Undefined for a folder that cannot be a set: it holds more than small plain files. */
async function readDigest(set: string): Promise<string | undefined> {
  const files: SetFile[] = []
  for (const name of await readdir(set)) {
    const path = join(set, name)
    const found = await lstat(path)
    if (!found.isFile() || found.size > maxVolumeBytes) return undefined
    files.push({ name, mode: found.mode & 0o777, bytes: await readFile(path) })
  }
  return digestOf(files)
}

async function writeSet(
  directory: string,
  files: ReadonlyMap<string, Uint8Array>,
  { fileMode, nowMs, label, digest }: WriteOptions & { readonly digest: string },
): Promise<string> {
  const time = new Date(nowMs).toISOString().slice(0, 19).replace(/[-T:]/g, '_')
  const path = await mkdtemp(join(directory, `..${time}.${label}.${digest}.`))
  try {
    for (const [name, bytes] of files) {
      await writeFile(join(path, name), bytes, { flag: 'wx', mode: fileMode })
      // The process's umask had its say.
      await chmod(join(path, name), fileMode)
    }
    await chmod(path, 0o755)
  } catch (error) {
    await removeSet(path)
    throw error
  }
  return path.slice(directory.length + 1)
}

async function swap(directory: string, set: string): Promise<void> {
  await unlinkIfThere(join(directory, next))
  await symlink(set, join(directory, next))
  await rename(join(directory, next), join(directory, current))
}

/** A link for each name and no other; no set but the current one. Also mends what a killed process left half done. */
async function syncLinks(
  directory: string,
  { set, names }: { readonly set: string | undefined; readonly names: ReadonlySet<string> },
): Promise<void> {
  for (const name of names) await link(directory, name)
  for (const entry of await readdir(directory)) {
    const path = join(directory, entry)
    if (entry === next) await unlinkIfThere(path)
    else if (setName.test(entry) && entry !== set && (await isDirectory(path))) await removeSet(path)
    else if (!names.has(entry) && (await readlinkIfLink(path)) === join(current, entry)) await unlink(path)
  }
}

async function link(directory: string, name: string): Promise<void> {
  const path = join(directory, name)
  const goal = join(current, name)
  if ((await readlinkIfLink(path)) === goal) return
  try {
    await symlink(goal, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new ConnectorsError(
      'PRECONDITION',
      'ForeignFile',
      `Cannot write file "${name}" of the volume: another file of that name is in its place`,
    )
  }
}

/** Flat, as it was made: a folder within is not ours, and makes this fail. */
async function removeSet(path: string): Promise<void> {
  for (const name of await readdir(path)) await unlink(join(path, name))
  await rmdir(path)
}

function checkFileName(name: string): void {
  const why = fileNameProblem(name)
  if (why === undefined) return
  throw new ConnectorsError(
    'PRECONDITION',
    'FileNameInvalid',
    `Cannot write file ${JSON.stringify(name.slice(0, 80))} of the volume: ${why}`,
  )
}

async function readlinkIfLink(path: string): Promise<string | undefined> {
  try {
    return await readlink(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'EINVAL') return undefined
    throw error
  }
}

async function isDirectory(path: string): Promise<boolean> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return found?.isDirectory() === true
}

async function unlinkIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}
