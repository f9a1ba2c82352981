// The files of a volume, replaced as one: each set in a folder of its own, `..data` a symlink to the current one that
// is swapped by a rename, and a symlink into it for each file. Kubelet keeps ConfigMaps the same way.
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
import { ConnectorsError } from '../connector/errors.ts'
import { fileNameProblem } from '../connector/file-name.ts'

export type WriteOptions = {
  readonly fileMode: number
  /** Milliseconds since the epoch: the set's name shows when it was written. */
  readonly nowMs: number
}

const current = '..data'
const next = '..data_tmp'
const setName = /^\.\.\d{4}(_\d\d){5}\.[A-Za-z0-9]+$/

/** Whether the directory shows a complete set. */
export async function isWritten(directory: string): Promise<boolean> {
  return (await currentSet(directory)) !== undefined
}

/** Brings the directory to these files. A reader sees the old set or the new one, never some of both. */
export async function writeFiles(
  directory: string,
  files: ReadonlyMap<string, Uint8Array>,
  { fileMode, nowMs }: WriteOptions,
): Promise<'written' | 'unchanged'> {
  for (const name of files.keys()) checkFileName(name)
  const before = await currentSet(directory)
  const isSame = before !== undefined && (await holds(join(directory, before), files, fileMode))
  const set = isSame ? before : await writeSet(directory, files, { fileMode, nowMs })
  if (!isSame) await swap(directory, set)
  await settle(directory, { set, names: new Set(files.keys()) })
  return isSame ? 'unchanged' : 'written'
}

/**
 * Takes away what `writeFiles` made and nothing else. Throws when another's file is left. The folder itself stays.
 */
export async function removeFiles(directory: string): Promise<void> {
  await settle(directory, { set: undefined, names: new Set() })
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

async function holds(
  set: string,
  files: ReadonlyMap<string, Uint8Array>,
  fileMode: number,
): Promise<boolean> {
  const names = await readdir(set)
  if (names.length !== files.size) return false
  for (const name of names) {
    const bytes = files.get(name)
    const path = join(set, name)
    const found = await lstat(path)
    const isAlike =
      bytes !== undefined &&
      found.isFile() &&
      (found.mode & 0o777) === fileMode &&
      found.size === bytes.length
    if (!isAlike || !(await readFile(path)).equals(bytes)) return false
  }
  return true
}

async function writeSet(
  directory: string,
  files: ReadonlyMap<string, Uint8Array>,
  { fileMode, nowMs }: WriteOptions,
): Promise<string> {
  const time = new Date(nowMs).toISOString().slice(0, 19).replace(/[-T:]/g, '_')
  const path = await mkdtemp(join(directory, `..${time}.`))
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
async function settle(
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
