// Real servers behind the attacked system, on addresses of their own.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { waitFor } from '../../helpers/poll.ts'
import { startTool, type Tool, type ToolAnswer } from '../../helpers/proxy.ts'
import { withTempDir } from '../../helpers/temp-dir.ts'
import { nginxFrame } from '../paths/nginx.ts'
import { ownAddress, withPrograms } from '../paths/programs.ts'

export const okAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** One that keeps what it is sent, and answers as real ones do not. */
export async function withRecorder(answer: ToolAnswer, use: (tool: Tool) => Promise<void>): Promise<void> {
  const tool = await startTool(answer)
  try {
    await use(tool)
  } finally {
    await tool.close()
  }
}

/** nginx with these locations; `use` is given its `host:port`. */
export function withNginx(locations: string, use: (host: string) => Promise<void>): Promise<void> {
  const host = `${ownAddress()}:20011`
  const server = `  server {\n    listen ${host};\n${locations}\n  }\n`
  return withTempDir(async dir => {
    const folder = join(dir, 'nginx')
    await mkdir(folder)
    await writeFile(join(folder, 'nginx.conf'), nginxFrame(server))
    const command = ['nginx', '-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')]
    await withPrograms([command], { cwd: folder }, written => untilUp(host, written, use))
  })
}

/** A program in Python that listens on the address and port that are its arguments. */
export function withPython(program: string, use: (host: string) => Promise<void>): Promise<void> {
  const address = ownAddress()
  return withTempDir(async dir => {
    const file = join(dir, 'server.py')
    await writeFile(file, program)
    await withPrograms([['/usr/bin/python3', file, address, '20012']], { cwd: dir }, written =>
      untilUp(`${address}:20012`, written, use),
    )
  })
}

async function untilUp(
  host: string,
  written: () => string,
  use: (host: string) => Promise<void>,
): Promise<void> {
  await waitFor(async () => (await fetch(`http://${host}/`)).status > 0, {
    timeoutMs: 20_000,
    what: `a server: ${written()}`,
  })
  await use(host)
}
