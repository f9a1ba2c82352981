// A folder that exists exactly as long as its scope: a test cannot leave files behind.
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export async function withTempDir<T>(use: (dir: string) => T | Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(await realpath(tmpdir()), 'connectors-test-'))
  try {
    return await use(dir)
  } finally {
    // Retries: a killed process may still write its last file while the tree is being removed.
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 })
  }
}
