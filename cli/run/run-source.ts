// The Task or Pipeline that a run is made of: from a file, or from the cluster by its name.
import { stat } from 'node:fs/promises'
import { ConnectorsError } from '../../connector/errors.ts'
import type { KubeClient } from '../../kube/client/client.ts'
import { parseDocuments, readText } from '../../kube/object/documents.ts'
import type { KubeObject } from '../../kube/object/objects.ts'
import { pipelines, tasks } from '../../kube/object/tekton.ts'
import { fieldOf, listOf, textOf } from '../../resource-interface/tekton/json.ts'

export type RunSource = {
  readonly kind: 'Task' | 'Pipeline'
  readonly object: KubeObject
  /** It is in the cluster, and a run may refer to it. */
  readonly isStored: boolean
  /** Those of the file, then those of the cluster that a Pipeline refers to by name. */
  readonly tasks: readonly unknown[]
  /** Names of Tasks that are in the file alone, although a run of the Pipeline needs them in the cluster. */
  readonly unstored: readonly string[]
}

export type SourceOptions = {
  readonly kind: RunSource['kind']
  readonly client: KubeClient
  /** Of the cluster's objects. */
  readonly namespace: string
}

/** `from`: a path (with a slash, with an ending of YAML or JSON, or of a file that exists), else a name. */
export async function readRunSource(from: string, options: SourceOptions): Promise<RunSource> {
  const { kind, client, namespace } = options
  if (!(await isPath(from))) {
    const object = await client.get(kind === 'Task' ? tasks : pipelines, { namespace, name: from })
    return { kind, object, isStored: true, tasks: await storedTasks(object, options), unstored: [] }
  }
  const refuse = (origin: string, why: string, cause?: unknown) =>
    new ConnectorsError('INVALID', 'FileInvalid', `Cannot read "${origin}" as ${kind}: ${why}`, { cause })
  const documents = parseDocuments(await readText(from, refuse), from, refuse).map(({ object }) => object)
  const found = documents.filter(object => isOfKind(object, kind))
  const [object] = found
  if (object === undefined) throw refuse(from, `it holds no ${kind}`)
  if (found.length > 1)
    throw refuse(from, `it holds ${found.length} of them; which one is meant is not to be seen`)
  const near = documents.filter(document => isOfKind(document, 'Task'))
  const stored = await storedTasks(object, options)
  const storedNames = new Set(stored.map(({ metadata }) => metadata.name))
  const nearNames = new Set(near.map(task => textOf(fieldOf(fieldOf(task, 'metadata'), 'name'))))
  const wanted = kind === 'Pipeline' ? taskNames(object) : []
  const unstored = wanted.filter(name => nearNames.has(name) && !storedNames.has(name))
  return { kind, object, isStored: false, tasks: [...near, ...stored], unstored }
}

async function isPath(text: string): Promise<boolean> {
  if (text.includes('/') || /\.(ya?ml|json)$/.test(text)) return true
  const found = await stat(text).catch(() => undefined)
  return found?.isFile() === true
}

function isOfKind(object: unknown, kind: string): object is KubeObject {
  return fieldOf(object, 'kind') === kind
}

/** What is not there is left out: whoever makes the run says what could not be checked. */
async function storedTasks(
  pipeline: object,
  { kind, client, namespace }: SourceOptions,
): Promise<readonly KubeObject[]> {
  if (kind === 'Task') return []
  const found = await Promise.all(taskNames(pipeline).map(name => client.find(tasks, { namespace, name })))
  return found.filter(task => task !== undefined)
}

function taskNames(pipeline: object): readonly string[] {
  const spec = fieldOf(pipeline, 'spec')
  const entries = ['tasks', 'finally'].flatMap(section => listOf(fieldOf(spec, section)))
  const names = entries.flatMap(entry => textOf(fieldOf(fieldOf(entry, 'taskRef'), 'name')) ?? [])
  return [...new Set(names)]
}
