// What a run needs of its surroundings. Nothing is skipped for lack of it: a run without a cluster fails.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

type Surroundings = {
  /** Run by `sh -c` with IMAGE and ARCHIVE in its environment. */
  readonly loadImage: string
}

/** Throws one error that names everything that is missing. */
export function readSurroundings(env: NodeJS.ProcessEnv = process.env): Surroundings {
  const missing = [
    ...variable(env, 'KUBECONFIG', 'the kubeconfig of a cluster to test in, as an administrator'),
    ...variable(
      env,
      'E2E_LOAD_IMAGE',
      'a shell command that gives the cluster the archive $ARCHIVE as $IMAGE',
    ),
    ...['kubectl', 'helm']
      .filter(program => !isOnPath(program, env))
      .map(program => `${program}: not on the PATH`),
  ]
  if (missing.length > 0) throw new Error(`Cannot run the e2e tests:\n  ${missing.join('\n  ')}`)
  return { loadImage: env['E2E_LOAD_IMAGE'] ?? '' }
}

function variable(env: NodeJS.ProcessEnv, name: string, meaning: string): string[] {
  return env[name] ? [] : [`${name}: not set; it is ${meaning}`]
}

function isOnPath(program: string, env: NodeJS.ProcessEnv): boolean {
  return (env['PATH'] ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
