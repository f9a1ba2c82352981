// The place of a volume: a tmpfs at its target path, or a directory that only we can enter where none can be mounted.
import { execFile } from 'node:child_process'
import { lstat, mkdir, readdir, rmdir, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { ConnectorsError } from '../../connector/errors.ts'
import { removeFiles } from './files.ts'

export type Medium = 'tmpfs' | 'directory'

const run = promisify(execFile)

// Twice the most that a volume renders, while one set replaces another, and a page for each small file.
const tmpfsOptions = 'size=8m,nr_inodes=4k,mode=0755,noexec,nosuid,nodev'
const tmpfsMagic = 0x01021994
const programTimeoutMs = 30_000
const maxStackedMounts = 8

/** `auto`: a tmpfs, or a directory where mounting is refused. Takes over what a killed process left. */
export async function mountVolume(
  path: string,
  { medium }: { readonly medium: Medium | 'auto' },
): Promise<Medium> {
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  if (await isMounted(path)) return 'tmpfs'
  await clearLeftovers(path)
  if (medium !== 'directory') {
    const failure = await mountTmpfs(path)
    if (failure === undefined) return 'tmpfs'
    if (medium === 'tmpfs') {
      await rmdir(path)
      throw failure
    }
  }
  return 'directory'
}

export async function mediumOf(path: string): Promise<Medium> {
  return (await isMounted(path)) ? 'tmpfs' : 'directory'
}

/** Unmounts and removes. Never deletes what is not the driver's. */
export async function unmountVolume(path: string): Promise<void> {
  for (let count = 0; await isMounted(path); count++) {
    if (count === maxStackedMounts) throw busy(path, 'something mounts on it again and again')
    try {
      await run('umount', ['--', path], { timeout: programTimeoutMs })
    } catch (error) {
      throw busy(path, wordsOf(error))
    }
  }
  await removeFiles(path)
  await rmdir(path)
}

async function mountTmpfs(path: string): Promise<ConnectorsError | undefined> {
  try {
    await run('mount', ['-n', '-t', 'tmpfs', '-o', tmpfsOptions, 'connectors-csi', path], {
      timeout: programTimeoutMs,
    })
    return undefined
  } catch (error) {
    return new ConnectorsError(
      'INTERNAL',
      'MountFailed',
      `Cannot mount a tmpfs at "${path}": ${wordsOf(error)}`,
    )
  }
}

/** Whether a tmpfs is mounted at the path: it lies on another device than the folder around it. */
async function isMounted(path: string): Promise<boolean> {
  const [inside, outside] = await Promise.all([lstat(path), lstat(dirname(path))])
  return inside.dev !== outside.dev && (await statfs(path)).type === tmpfsMagic
}

/** A first publish starts from nothing, or from what the driver left when it was killed. */
async function clearLeftovers(path: string): Promise<void> {
  const entries = await readdir(path)
  if (entries.length > 0) await removeFiles(path)
}

function busy(path: string, why: string): ConnectorsError {
  return new ConnectorsError('UNAVAILABLE', 'UnmountFailed', `Cannot unmount "${path}": ${why}`)
}

/** What a program said, as one short line. */
function wordsOf(error: unknown): string {
  const { stderr, code } = error as { readonly stderr?: string; readonly code?: string | number }
  const words = (stderr ?? '').replace(/[^\x20-\x7e]+/g, ' ').trim()
  return words === '' ? `the program failed with ${code ?? 'no status'}` : words.slice(0, 200)
}
