// A Task of tasks/, and its step run on this machine: the script as it stands, with the environment that Tekton gives it.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { type CommandResult, runCommand } from '../helpers/command.ts'

export const tasksDir = join(import.meta.dirname, '../../tasks')

export type Described = { readonly name: string; readonly description?: string; readonly default?: unknown }

export type Step = {
  readonly name: string
  readonly image: string
  readonly script: string
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly securityContext?: Readonly<Record<string, unknown>>
  readonly [field: string]: unknown
}

export type Task = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
  }
  readonly spec: {
    readonly description: string
    readonly params: readonly (Described & { readonly type: string })[]
    readonly workspaces: readonly (Described & { readonly optional?: boolean })[]
    readonly results: readonly Described[]
    /** A Pipeline has none. */
    readonly steps?: readonly Step[]
  }
}

export async function readTask(name: string): Promise<Task> {
  return parse(await readFile(join(tasksDir, name, `${name}.yaml`), 'utf8')) as Task
}

export type StepRun = {
  /** For the home folder, the results and the script. */
  readonly dir: string
  readonly params: Readonly<Record<string, string>>
  /** Folders of the workspaces that are bound. */
  readonly workspaces: Readonly<Record<string, string>>
}

export type StepResult = CommandResult & { readonly results: Readonly<Record<string, string>> }

/** Variables are replaced as Tekton does: a workspace that is not bound has an empty path. */
export async function runStep(task: Task, { dir, params, workspaces }: StepRun): Promise<StepResult> {
  const { spec } = task
  const [step] = spec.steps ?? []
  if (step === undefined) throw new Error(`Task ${task.metadata.name} has no step`)
  const home = join(dir, 'home')
  const resultsDir = join(dir, 'results')
  for (const folder of [home, resultsDir]) await mkdir(folder, { recursive: true })
  const variables: Record<string, string> = {}
  for (const { name, default: fallback } of spec.params)
    variables[`params.${name}`] = String(params[name] ?? fallback)
  for (const { name } of spec.workspaces) variables[`workspaces.${name}.path`] = workspaces[name] ?? ''
  for (const { name } of spec.results) variables[`results.${name}.path`] = join(resultsDir, name)
  const env = Object.fromEntries(
    step.env.map(({ name, value }) => [name, replaceVariables(value, variables)]),
  )
  const script = join(dir, 'script')
  await writeFile(script, step.script)
  await chmod(script, 0o755)
  const result = await runCommand(script, [], {
    // Nothing of this machine's own git settings.
    env: {
      ...env,
      HOME: home,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: undefined,
      XDG_CONFIG_HOME: undefined,
    },
    cwd: replaceVariables(String(step['workingDir'] ?? dir), variables),
  })
  const results: Record<string, string> = {}
  for (const { name } of spec.results) {
    results[name] = await readFile(join(resultsDir, name), 'utf8').catch(() => '')
  }
  return { ...result, results }
}

function replaceVariables(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\(([\w.-]+)\)/g, (whole, name: string) => variables[name] ?? whole)
}
