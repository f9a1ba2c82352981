// Real git without any configuration of this machine or its user, and repositories to serve.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from './command.ts'

export const gitEnvironment = {
  GIT_CONFIG_NOSYSTEM: undefined,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
}

export async function git(args: readonly string[], cwd?: string): Promise<string> {
  const { status, stdout, stderr } = await runCommand('git', args, {
    env: gitEnvironment,
    ...(cwd === undefined ? {} : { cwd }),
  })
  if (status !== 0) throw new Error(`git ${args.join(' ')} ended with ${status}: ${stderr}`)
  return stdout.trim()
}

/** A bare repository `root/name.git` with one commit of these files. */
export async function createRepository(
  root: string,
  name: string,
  files: Readonly<Record<string, string | Uint8Array>> = { 'README.md': '# app\n' },
): Promise<void> {
  const bare = join(root, `${name}.git`)
  const seed = join(root, `${name}-seed`)
  await git(['init', '--quiet', '--bare', '--initial-branch', 'main', bare])
  await mkdir(seed, { recursive: true })
  await git(['init', '--quiet', '--initial-branch', 'main'], seed)
  for (const [path, content] of Object.entries(files)) await writeFile(join(seed, path), content)
  await git(['add', '.'], seed)
  await git(['commit', '--quiet', '--message', 'First'], seed)
  await git(['push', '--quiet', bare, 'main'], seed)
}
