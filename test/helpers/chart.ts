// The chart as the real helm renders it, with no cluster.
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { parseAllDocuments } from 'yaml'
import { runCommand } from './command.ts'

export const chart = join(import.meta.dirname, '../../charts/connectors')

export type Rule = {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
}

// The shape of every object that is looked into; what a kind does not have is undefined.
export type Rendered = {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly annotations?: Readonly<Record<string, string>>
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly rules?: readonly Rule[]
  readonly data?: unknown
  // biome-ignore lint/suspicious/noExplicitAny: a tree of whatever kind, read by tests alone
  readonly spec: any
}

export type RenderOptions = {
  readonly capabilities?: readonly string[]
  readonly kubeVersion?: string
  readonly release?: string
  readonly namespace?: string
}

export function helmTemplate(
  sets: readonly string[],
  {
    capabilities = [],
    kubeVersion = '1.34.4',
    release = 'install',
    namespace = 'system',
  }: RenderOptions = {},
) {
  const args = ['template', release, chart, `--namespace=${namespace}`, `--kube-version=${kubeVersion}`]
  for (const set of sets) args.push('--set-json', set)
  for (const capability of capabilities) args.push('--api-versions', capability)
  return runCommand('helm', args)
}

export async function render(
  sets: readonly string[] = [],
  options: RenderOptions = {},
): Promise<readonly Rendered[]> {
  const { status, stdout, stderr } = await helmTemplate(sets, options)
  assert.is(status, 0, stderr)
  return parseAllDocuments(stdout)
    .map(document => {
      assert.equal(document.errors, [])
      return document.toJS() as Rendered | null
    })
    .filter(object => object !== null)
}

export function kindOf(objects: readonly Rendered[], kind: string): readonly Rendered[] {
  return objects.filter(object => object.kind === kind)
}

export function one(objects: readonly Rendered[], kind: string, name: string): Rendered {
  const found = kindOf(objects, kind).filter(object => object.metadata.name === name)
  assert.is(found.length, 1, `${found.length} times ${kind} ${name}`)
  return found[0] as Rendered
}

const workloads = ['Deployment', 'DaemonSet', 'Job']
export const podsOf = (objects: readonly Rendered[]) => objects.filter(({ kind }) => workloads.includes(kind))
export const containerOf = ({ spec }: Rendered) => spec.template.spec.containers[0]
export const keysOf = (objects: readonly Rendered[]) =>
  objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
