// A Git server with LFS behind a stock nginx, which decodes and tidies the paths that it passes on.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { waitFor } from '../../helpers/poll.ts'
import { nginxFrame, nginxFront } from '../paths/nginx.ts'
import { ownAddress, withPrograms } from '../paths/programs.ts'

export type LfsServer = {
  /** That of nginx. */
  readonly url: string
  /** The path of each answer of the LFS API so far, as the server behind nginx saw it. */
  said(): readonly string[]
}

export type LfsOptions = {
  /** Holds bare repositories and takes the objects. */
  readonly root: string
  /** The one that it accepts. */
  readonly authorization: string
}

export async function withLfsServer(
  { root, authorization }: LfsOptions,
  use: (server: LfsServer) => Promise<void>,
): Promise<void> {
  const address = ownAddress()
  const [host, backend] = [`${address}:20002`, `${address}:20001`]
  const url = `http://${host}`
  const nginx = join(root, 'nginx')
  await mkdir(nginx)
  await writeFile(join(nginx, 'nginx.conf'), nginxFrame(nginxFront(host, backend)))
  const programs = [
    ['/usr/bin/python3', join(import.meta.dirname, 'lfs-server.py'), address, '20001', root, url],
    ['nginx', '-p', nginx, '-e', 'stderr', '-c', join(nginx, 'nginx.conf')],
  ]
  await withPrograms(programs, { cwd: root, env: { LFS_AUTHORIZATION: authorization } }, async written => {
    const isUp = async () => (await fetch(url)).status === 401
    await waitFor(isUp, { timeoutMs: 30_000, what: `the LFS server: ${written()}` })
    await use({ url, said: () => [...written().matchAll(/^said (.*)$/gm)].map(([, path = '']) => path) })
  })
}
