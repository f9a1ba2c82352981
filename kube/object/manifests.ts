// Manifests: files and folders of YAML documents, parsed as a whole before anything is done with the first.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ConnectorsError } from '../../connector/errors.ts'
import { isFields } from '../../connector/fields.ts'
import { parseDocuments, readText, whyUnreadable } from './documents.ts'
import type { KubeObject } from './objects.ts'
import * as resources from './resources.ts'
import { apiVersionOf, type Resource } from './resources.ts'

export type Manifest = {
  readonly resource: Resource
  readonly object: KubeObject
  /** `file.yaml, document 2`, for messages. */
  readonly origin: string
}

const known: readonly Resource<never>[] = Object.values(resources).filter(
  (value): value is Resource<never> => typeof value === 'object',
)

/** The manifests of a file, or of all `.yaml`, `.yml` and `.json` files below a folder, in order of their names. */
export async function readManifests(path: string): Promise<readonly Manifest[]> {
  const manifests: Manifest[] = []
  for (const file of await manifestFiles(path)) {
    manifests.push(...parseManifests(await readText(file, unreadable), file))
  }
  return manifests
}

async function manifestFiles(path: string): Promise<readonly string[]> {
  const isFolder = await stat(path).then(
    found => found.isDirectory(),
    error => Promise.reject(unreadable(path, whyUnreadable(error), error)),
  )
  if (!isFolder) return [path]
  const names = await readdir(path, { recursive: true })
  return names
    .filter(name => /\.(ya?ml|json)$/.test(name))
    .sort()
    .map(name => join(path, name))
}

function unreadable(path: string, why: string, cause?: unknown): ConnectorsError {
  return new ConnectorsError('INVALID', 'ManifestUnreadable', `Cannot read manifest "${path}": ${why}`, {
    cause,
  })
}

export function parseManifests(text: string, file: string): readonly Manifest[] {
  return parseDocuments(text, file, invalid).flatMap(({ object, origin }) =>
    isList(object) ? object.items.map(item => parseManifest(item, origin)) : [parseManifest(object, origin)],
  )
}

function isList(value: unknown): value is { readonly items: readonly unknown[] } {
  return isFields(value) && value['kind'] === 'List' && Array.isArray(value['items'])
}

function parseManifest(value: unknown, origin: string): Manifest {
  if (!isFields(value)) throw invalid(origin, 'it is not an object')
  const { apiVersion, kind, metadata } = value
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw invalid(origin, 'it has no apiVersion and kind')
  }
  const resource = known.find(item => item.kind === kind && apiVersionOf(item) === apiVersion)
  if (resource === undefined) {
    const kinds = known.map(item => item.kind).sort()
    throw invalid(origin, `its kind is ${kind} of ${apiVersion}, known are ${kinds.join(', ')}`)
  }
  const name = isFields(metadata) ? metadata['name'] : undefined
  if (typeof name !== 'string' || name === '') throw invalid(origin, 'it has no metadata.name')
  const object = value as unknown as KubeObject
  if (!resource.namespaced || object.metadata.namespace !== undefined) return { resource, object, origin }
  return { resource, object: { ...object, metadata: { ...object.metadata, namespace: 'default' } }, origin }
}

function invalid(origin: string, why: string): ConnectorsError {
  return new ConnectorsError('INVALID', 'ManifestInvalid', `Cannot apply manifest "${origin}": ${why}`)
}
