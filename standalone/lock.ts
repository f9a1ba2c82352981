// One server per data directory: a file that names its process and, where that can be known, when it started,
// so that another program with the number of a killed server does not pass for it.
import { link, mkdir, readFile, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ConnectorsError } from '../connector/errors.ts'
import { makePrivateFolder, replaceFile } from '../runtime/private-file.ts'

/** The path of the lock, to be removed at the end. The lock of a killed server is taken over. */
export async function lockDirectory(dataDir: string): Promise<string> {
  await mkdir(dirname(dataDir), { recursive: true, mode: 0o700 })
  await makePrivateFolder(dataDir)
  const path = join(dataDir, 'lock')
  const own = `${path}.${process.pid}`
  const text = `${process.pid} ${await startOf(process.pid)}\n`
  await replaceFile(own, file => file.writeFile(text))
  try {
    for (;;) {
      // A link is there with its content or not at all, for one of two that come at once.
      const isTaken = await link(own, path).then(
        () => true,
        (error: NodeJS.ErrnoException) => (error.code === 'EEXIST' ? false : Promise.reject(error)),
      )
      if (isTaken) return path
      await refuseIfHeld(dataDir, path)
      await unlink(path).catch(() => undefined)
    }
  } finally {
    await unlink(own)
  }
}

async function refuseIfHeld(dataDir: string, path: string): Promise<void> {
  const [pid = '', start = ''] = (await readFile(path, 'utf8').catch(() => '')).trim().split(' ')
  const holder = Number(pid)
  if (!(holder > 0) || holder === process.pid || !isAlive(holder)) return
  const startNow = await startOf(holder)
  if (start !== '' && startNow !== '' && start !== startNow) return
  const message = `Cannot use the data directory "${dataDir}" as mine: process ${holder} is using it (if that is another program, remove ${path})`
  throw new ConnectorsError('CONFLICT', 'DataDirectoryInUse', message)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** In ticks since boot, the 22nd field of /proc/<pid>/stat; empty where there is none. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The second field is the program's name, in brackets; it may hold anything.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}
