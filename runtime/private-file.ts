// Files and folders that are for this user alone, in folders where others may have put links and files beforehand.
import { randomBytes } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { chmod, type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ConnectorsError } from '../connector/errors.ts'

/** Makes the folder unless it is there, and closes it to others; what is not this user's own is refused. */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  const found = await lstat(path)
  const refuse = (why: string) => notPrivate(path, 'folder', why)
  if (found.isSymbolicLink()) throw refuse('it is a link')
  if (!found.isDirectory()) throw refuse('it is a file')
  refuseOthers(found, refuse)
  if ((found.mode & 0o077) !== 0) await chmod(path, 0o700)
}

/** Opens a file without following a link, and closes it to others; what is not this user's own is refused. */
export async function openPrivateFile(path: string, flags: number): Promise<FileHandle> {
  const refuse = (why: string, cause?: unknown) => notPrivate(path, 'file', why, cause)
  const file = await open(path, flags | constants.O_NOFOLLOW, 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ELOOP' ? refuse('it is a link', error) : error
  })
  try {
    const found = await file.stat()
    if (!found.isFile()) throw refuse('it is not a file')
    refuseOthers(found, refuse)
    if ((found.mode & 0o077) !== 0) await file.chmod(0o600)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/**
 * Writes a file for this user alone: beside the old one, which it then takes the place of, as a whole and on the disk.
 * Neither the old one's mode counts nor where it leads, if it is a link.
 */
export async function replaceFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const next = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  const file = await open(next, 'wx', 0o600)
  try {
    try {
      await write(file)
      await file.datasync()
    } finally {
      await file.close()
    }
    await rename(next, path)
  } catch (error) {
    await rm(next, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/** What was made or renamed in it is there after a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function refuseOthers({ uid }: Stats, refuse: (why: string) => Error): void {
  const own = process.getuid?.()
  if (own !== undefined && uid !== own) throw refuse(`it belongs to user ${uid}, not to user ${own}`)
}

function notPrivate(path: string, what: string, why: string, cause?: unknown): ConnectorsError {
  return new ConnectorsError(
    'PRECONDITION',
    'NotPrivate',
    `Cannot use "${path}" as a private ${what}: ${why}`,
    {
      cause,
    },
  )
}
