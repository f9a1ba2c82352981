// The real kubectl, as a user runs it, and waiting for what it shows.
import { type CommandResult, runCommand } from '../../helpers/command.ts'
import { waitFor } from '../../helpers/poll.ts'

/** As much of any object as the tests look at. */
export type KubeObject = {
  readonly apiVersion?: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly creationTimestamp?: string
    readonly deletionTimestamp?: string
  }
  // biome-ignore lint/suspicious/noExplicitAny: objects of every kind, read field by field in a test
  readonly [field: string]: any
}

/** To be created: a generated name will do. */
export type Manifest = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly [field: string]: unknown
}

type KubectlOptions = { readonly input?: string }

/** Whatever comes of it, without judging its status. */
export function tryKubectl(args: readonly string[], { input }: KubectlOptions = {}): Promise<CommandResult> {
  if (!process.env['KUBECONFIG']) throw new Error('Cannot run kubectl: KUBECONFIG is not set')
  return runCommand('kubectl', args, input === undefined ? {} : { input })
}

/** Standard output; a failure is an error with what kubectl said. */
export async function kubectl(args: readonly string[], options: KubectlOptions = {}): Promise<string> {
  const { status, stdout, stderr } = await tryKubectl(args, options)
  if (status !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${status}: ${stderr.trim()}`)
  return stdout
}

export async function getObject(resource: string, name: string, namespace?: string): Promise<KubeObject> {
  return JSON.parse(await kubectl(['get', resource, name, ...inNamespace(namespace), '--output=json']))
}

/** `namespace` undefined means all of them, or a kind without namespaces. */
export async function listObjects(
  resource: string,
  { namespace, selector }: { readonly namespace?: string; readonly selector?: string } = {},
): Promise<readonly KubeObject[]> {
  const where = namespace === undefined ? ['--all-namespaces'] : inNamespace(namespace)
  const which = selector === undefined ? [] : [`--selector=${selector}`]
  return JSON.parse(await kubectl(['get', resource, ...where, ...which, '--output=json'])).items
}

/** YAML text, or objects. */
export async function apply(manifests: string | readonly Manifest[], namespace?: string): Promise<void> {
  await kubectl(['apply', ...inNamespace(namespace), '--filename=-'], { input: textOf(manifests) })
}

export type ExecTarget = { readonly namespace: string; readonly pod: string; readonly container?: string }

/** A command in a container; a failure is an error. */
export function exec(
  target: ExecTarget,
  command: readonly string[],
  options: KubectlOptions = {},
): Promise<string> {
  return kubectl(execArgs(target, command, options), options)
}

/** A command in a container, whatever comes of it. */
export function tryExec(
  target: ExecTarget,
  command: readonly string[],
  options: KubectlOptions = {},
): Promise<CommandResult> {
  return tryKubectl(execArgs(target, command, options), options)
}

function execArgs(
  { namespace, pod, container }: ExecTarget,
  command: readonly string[],
  { input }: KubectlOptions,
): string[] {
  const stdin = input === undefined ? [] : ['--stdin']
  const where = container === undefined ? [] : [`--container=${container}`]
  return ['exec', `--namespace=${namespace}`, pod, ...where, ...stdin, '--', ...command]
}

/** All that the containers of a pod have printed. */
export function podLogs(namespace: string, pod: string): Promise<string> {
  return kubectl(['logs', `--namespace=${namespace}`, pod, '--all-containers', '--prefix=false'])
}

type UntilOptions = { readonly what: string; readonly timeoutMs?: number }

/** Asks again until the condition gives a value; kubectl failing counts as "not yet". */
export function until<T>(condition: () => Promise<T>, { what, timeoutMs = 60_000 }: UntilOptions) {
  return waitFor(condition, { what, timeoutMs, intervalMs: 300 })
}

function inNamespace(namespace: string | undefined): string[] {
  return namespace === undefined ? [] : [`--namespace=${namespace}`]
}

function textOf(manifests: string | readonly Manifest[]): string {
  if (typeof manifests === 'string') return manifests
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests })
}
