// All objects, in memory, in one order of changes. Reads see a write at once; its writer and the watchers
// hear of it when the journal (if there is one) has it on the disk.
import type { Journal } from './journal.ts'
import { openJournal } from './journal.ts'
import { jsonOf, type KubeObject, type Metadata } from './object.ts'

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  /** The stored kind, as `plural.group`. */
  readonly resource: string
  readonly object: KubeObject
  /** What the object was before; a selector may have matched only that. */
  readonly previous: KubeObject | undefined
  readonly revision: number
}

type Listener = (change: Change) => void

const historyLimit = 10_000
/** Numbers that a lost, unacknowledged write may have shown to a reader are never given twice. */
const revisionGapAfterRestart = 1_000

export class Store {
  #revision = 1
  #journal: Journal | undefined
  #failure: Error | undefined
  readonly #objects = new Map<string, Map<string, Map<string, KubeObject>>>()
  readonly #byUid = new Map<string, KubeObject>()
  readonly #dependents = new Map<string, Map<KubeObject, string>>()
  readonly #lastChange = new Map<string, number>()
  readonly #listeners = new Map<string, Set<Listener>>()
  #history: Change[] = []
  #oldestKnown = 1
  #unpublished: Change[] = []
  #draining: Promise<void> | undefined
  #waiting: { revision: number; settle: (failure?: Error) => void }[] = []
  #startedAt = 0

  /** Without a directory everything is gone with the process. */
  static async open(dataDir?: string): Promise<Store> {
    const store = new Store()
    if (dataDir !== undefined) {
      store.#journal = await openJournal(dataDir, record => store.#replay(record))
      store.#revision += revisionGapAfterRestart
      store.#oldestKnown = store.#startedAt = store.#revision
    }
    return store
  }

  /** The number of the latest change: lists carry it, watches start from it. */
  get revision(): number {
    return this.#revision
  }

  /** Whether the watchers have heard of all changes. */
  get isPublished(): boolean {
    return this.#unpublished.length === 0
  }

  get(resource: string, namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(resource)?.get(namespace)?.get(name)
  }

  /** The objects of a kind, oldest first; of all namespaces unless one is named. */
  *list(resource: string, namespace?: string): Generator<KubeObject> {
    const namespaces = this.#objects.get(resource)
    if (namespaces === undefined) return
    if (namespace !== undefined) yield* namespaces.get(namespace)?.values() ?? []
    else for (const objects of namespaces.values()) yield* objects.values()
  }

  resources(): string[] {
    return [...this.#objects.keys()]
  }

  byUid(uid: string): KubeObject | undefined {
    return this.#byUid.get(uid)
  }

  /** The objects that name this one as an owner, each with its resource. */
  dependents(uid: string): [KubeObject, string][] {
    return [...(this.#dependents.get(uid) ?? [])]
  }

  lastChange(resource: string): number {
    return this.#lastChange.get(resource) ?? this.#startedAt
  }

  /** Stores the object under the next number, in place of what has its name. */
  put(resource: string, object: KubeObject): KubeObject {
    const stored = this.#numbered(object)
    const previous = this.get(resource, namespaceOf(object.metadata), object.metadata.name)
    this.#place(resource, stored)
    this.#record({
      type: previous === undefined ? 'ADDED' : 'MODIFIED',
      resource,
      object: stored,
      previous,
      revision: this.#revision,
    })
    return stored
  }

  remove(resource: string, object: KubeObject): KubeObject {
    const last = this.#numbered(object)
    this.#displace(resource, object.metadata)
    this.#record({ type: 'DELETED', resource, object: last, previous: object, revision: this.#revision })
    return last
  }

  /** Resolves when all that was written so far is on the disk. */
  async flushed(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#unpublished.length === 0) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const settle = (failure?: Error) => (failure === undefined ? resolve() : reject(failure))
    this.#waiting.push({ revision: this.#revision, settle })
    await promise
  }

  /** The changes after a revision, or undefined when they are no longer known. */
  changesSince(resource: string, revision: number): Change[] | undefined {
    if (revision < this.#oldestKnown) return undefined
    return this.#history.filter(change => change.revision > revision && change.resource === resource)
  }

  /** Forgets the changes so far, as a server does after a while: older watches get 410. */
  forgetHistory(): void {
    this.#history = []
    this.#oldestKnown = this.#revision
  }

  get oldestKnown(): number {
    return this.#oldestKnown
  }

  subscribe(resource: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(resource) ?? new Set()
    this.#listeners.set(resource, listeners.add(listener))
    return () => listeners.delete(listener)
  }

  async close(): Promise<void> {
    await this.#draining
    await this.#journal?.close()
  }

  #numbered(object: KubeObject): KubeObject {
    if (this.#failure !== undefined) throw this.#failure
    this.#revision++
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#revision) } }
  }

  #record(change: Change): void {
    this.#lastChange.set(change.resource, change.revision)
    if (this.#journal === undefined) {
      this.#publish(change)
      return
    }
    this.#unpublished.push(change)
    this.#draining ??= this.#drain(this.#journal)
  }

  /** Writes what has gathered while the last write was under way as one batch. */
  async #drain(journal: Journal): Promise<void> {
    try {
      while (this.#unpublished.length > 0) {
        const batch = [...this.#unpublished]
        await journal.append(batch.map(recordOf))
        for (const change of batch) this.#publish(change)
        this.#unpublished = this.#unpublished.slice(batch.length)
        this.#settle(batch.at(-1)?.revision ?? 0)
        if (journal.isOvergrown()) await journal.rewrite(this.#records())
      }
    } catch (error) {
      this.#failure = error as Error
      this.#settle(Number.POSITIVE_INFINITY, this.#failure)
    } finally {
      this.#draining = undefined
    }
  }

  #settle(upTo: number, failure?: Error): void {
    const due = this.#waiting.filter(({ revision }) => revision <= upTo)
    this.#waiting = this.#waiting.filter(({ revision }) => revision > upTo)
    for (const { settle } of due) settle(failure)
  }

  #publish(change: Change): void {
    this.#history.push(change)
    if (this.#history.length > 2 * historyLimit) {
      this.#history = this.#history.slice(-historyLimit)
      this.#oldestKnown = (this.#history[0]?.revision ?? this.#revision) - 1
    }
    for (const listener of this.#listeners.get(change.resource) ?? []) listener(change)
  }

  #place(resource: string, object: KubeObject): void {
    const { metadata } = object
    const namespaces = this.#objects.get(resource) ?? new Map<string, Map<string, KubeObject>>()
    this.#objects.set(resource, namespaces)
    const objects = namespaces.get(namespaceOf(metadata)) ?? new Map<string, KubeObject>()
    namespaces.set(namespaceOf(metadata), objects)
    this.#unlink(objects.get(metadata.name))
    objects.set(metadata.name, object)
    this.#byUid.set(metadata.uid, object)
    for (const { uid } of metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(uid) ?? new Map<KubeObject, string>()
      this.#dependents.set(uid, dependents.set(object, resource))
    }
  }

  #displace(resource: string, metadata: Metadata): void {
    const namespaces = this.#objects.get(resource)
    const objects = namespaces?.get(namespaceOf(metadata))
    this.#unlink(objects?.get(metadata.name))
    objects?.delete(metadata.name)
    if (objects?.size === 0) namespaces?.delete(namespaceOf(metadata))
    if (namespaces?.size === 0) this.#objects.delete(resource)
  }

  #unlink(object: KubeObject | undefined): void {
    if (object === undefined) return
    this.#byUid.delete(object.metadata.uid)
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(uid)
      dependents?.delete(object)
      if (dependents?.size === 0) this.#dependents.delete(uid)
    }
  }

  *#records(): Generator<string> {
    // The number of a deletion may be the highest of all, and no live object carries it.
    yield JSON.stringify({ revision: this.#revision })
    for (const [resource, namespaces] of this.#objects) {
      for (const objects of namespaces.values()) {
        for (const object of objects.values()) yield putRecord(resource, object)
      }
    }
  }

  #replay(record: string): void {
    const { resource, object, removed, revision } = JSON.parse(record) as JournalRecord
    if (resource !== undefined && object !== undefined) this.#place(resource, object)
    if (resource !== undefined && removed !== undefined) this.#displace(resource, removed)
    this.#revision = Math.max(this.#revision, revision ?? Number(object?.metadata.resourceVersion))
  }
}

interface JournalRecord {
  resource?: string
  object?: KubeObject
  removed?: Metadata
  revision?: number
}

function recordOf({ type, resource, object, revision }: Change): string {
  if (type !== 'DELETED') return putRecord(resource, object)
  const { name, namespace } = object.metadata
  return JSON.stringify({ resource, removed: { name, namespace }, revision })
}

function putRecord(resource: string, object: KubeObject): string {
  return `{"resource":${JSON.stringify(resource)},"object":${jsonOf(object)}}`
}

function namespaceOf(metadata: Metadata): string {
  return metadata.namespace ?? ''
}
