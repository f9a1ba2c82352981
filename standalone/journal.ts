// The append-only file behind a data directory. A line is one write: its CRC-32, a space, its records
// (JSON, no tab in it) with tabs between. What was
// appended is on the disk when append() returns. The file is rewritten with the live objects alone when it
// has grown to a multiple of them.
import { constants } from 'node:fs'
import { type FileHandle, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { ConnectorsError } from '../connector/errors.ts'
import { openPrivateFile, replaceFile, syncFolder } from '../runtime/private-file.ts'
import { lockDirectory } from './lock.ts'

const newline = 0x0a
const smallestRewriteBytes = 4 << 20
const appending = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT

export interface Journal {
  append(records: readonly string[]): Promise<void>
  /** Whether a rewrite with the live records is due. */
  isOvergrown(): boolean
  rewrite(records: Iterable<string>): Promise<void>
  close(): Promise<void>
}

/** Opens the journal of a directory and hands each record that it holds to `replay`, in order. */
export async function openJournal(dataDir: string, replay: (record: string) => void): Promise<Journal> {
  const lock = await lockDirectory(dataDir)
  const path = join(dataDir, 'objects.journal')
  const opened = await openPrivateFile(path, appending).catch(async error => {
    await unlink(lock)
    throw error
  })
  let size: number
  try {
    size = await recover(opened, path, replay)
  } catch (error) {
    await opened.close()
    await unlink(lock)
    throw error
  }
  let file: FileHandle = opened
  let rewrittenSize = size

  return {
    async append(records) {
      const bytes = Buffer.from(frame(records.join('\t')))
      await file.appendFile(bytes)
      await file.datasync()
      size += bytes.length
    },
    isOvergrown: () => size > Math.max(smallestRewriteBytes, 3 * rewrittenSize),
    async rewrite(records) {
      await replaceFile(path, async copy => {
        for (const chunk of chunks(records)) await copy.appendFile(chunk)
        size = rewrittenSize = (await copy.stat()).size
      })
      await file.close()
      file = await openPrivateFile(path, appending)
    },
    async close() {
      await file.close()
      await unlink(lock)
    },
  }
}

/** Frames in pieces of about a mebibyte: one write each. */
function* chunks(records: Iterable<string>): Generator<string> {
  let chunk = ''
  for (const record of records) {
    chunk += frame(record)
    if (chunk.length > 1 << 20) {
      yield chunk
      chunk = ''
    }
  }
  yield chunk
}

function frame(record: string): string {
  return `${crc32(record).toString(16).padStart(8, '0')} ${record}\n`
}

function unframe(line: Buffer): string | undefined {
  if (line.length < 10 || line[8] !== 0x20) return undefined
  const record = line.subarray(9)
  return crc32(record) === Number.parseInt(line.toString('latin1', 0, 8), 16) ? record.toString() : undefined
}

/**
 * Replays the records and cuts off a torn end. A kill or a power cut can only tear the last write, one line:
 * a broken line that others follow is damage of another kind, and nothing is dropped then.
 */
async function recover(file: FileHandle, path: string, replay: (record: string) => void): Promise<number> {
  const bytes = await file.readFile()
  let tornAt: number | undefined
  for (let start = 0; start < bytes.length; ) {
    const at = bytes.indexOf(newline, start)
    const end = at === -1 ? bytes.length : at
    const record = at === -1 ? undefined : unframe(bytes.subarray(start, end))
    if (record !== undefined) for (const one of record.split('\t')) replay(one)
    else if (end + 1 >= bytes.length) tornAt = start
    else {
      const message = `Cannot read the journal "${path}" as objects: the line at byte ${start} is damaged`
      throw new ConnectorsError('INTERNAL', 'JournalDamaged', message)
    }
    start = end + 1
  }
  if (tornAt !== undefined) {
    await file.truncate(tornAt)
    await file.datasync()
  } else if (bytes.length === 0) {
    await syncFolder(dirname(path))
  }
  return tornAt ?? bytes.length
}
