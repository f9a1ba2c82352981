// The images of a run: ours from this checkout, and Debian with git for the tests. No registry has a part in it.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { runCommand } from '../../helpers/command.ts'

export const gitServerImage = 'connectors-e2e.example/git-server:1'
/** The default of our Tasks, so that they run as they are. */
export const gitImage = 'docker.io/alpine/git:v2.49.1'

const project = join(import.meta.dirname, '../../..')

export type BuiltImage = { readonly name: string; readonly archive: string }

/** A tag of its own for every build: a pod never starts with what an earlier run has loaded. */
export async function buildProjectImage(dir: string): Promise<BuiltImage> {
  const archive = join(dir, 'connectors.tar')
  const name = `connectors-e2e.example/connectors:${randomBytes(4).toString('hex')}`
  await must(join(project, 'image/build'), [name, archive])
  return { name, archive }
}

export async function buildTestImages(dir: string): Promise<BuiltImage[]> {
  const script = join(import.meta.dirname, 'build-debian-image')
  const built: BuiltImage[] = []
  for (const [index, name] of [gitServerImage, gitImage].entries()) {
    const archive = join(dir, `test-${index}.tar`)
    await must(script, [name, archive, 'git', 'ca-certificates', 'lighttpd'])
    built.push({ name, archive })
  }
  return built
}

/** By the command line that the run was given. */
export async function loadImage({ name, archive }: BuiltImage, loadCommand: string): Promise<void> {
  await must('sh', ['-c', loadCommand], { IMAGE: name, ARCHIVE: archive })
}

async function must(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<void> {
  const { status, stdout, stderr } = await runCommand(command, args, { env })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
}
