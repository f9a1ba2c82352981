// ConnectionTable: the connections of clients, and which of them give way when there are too many. Whoever has shown
// nothing yet shares a peer's few; an owner's are its own; and the tenant with the most gives way to the others.
import type { Limits } from '../message/limits.ts'
import type { ConnectionOwner } from '../message/ports.ts'

export interface TableEntry {
  /** Address of the other end. */
  readonly peer: string
  /** Since when no request is under way; undefined while one is. */
  readonly idleSince: number | undefined
  /** Ends it, which takes it out of the table. */
  destroy(): void
}

type TableLimits = Pick<
  Limits,
  'connections' | 'unownedPerPeer' | 'connectionsPerPeer' | 'connectionsPerCaller' | 'connectionsPerAccount'
>

/** A tenant that holds more than this part of all connections loses running ones when others come. */
const fairShares = 8

type Entries<E> = Map<string, Set<E>>

export class ConnectionTable<E extends TableEntry> {
  readonly #limits: TableLimits
  readonly #all = new Set<E>()
  readonly #owners = new Map<E, ConnectionOwner>()
  readonly #unowned: Entries<E> = new Map()
  readonly #byPeer: Entries<E> = new Map()
  readonly #byCaller: Entries<E> = new Map()
  readonly #byAccount: Entries<E> = new Map()
  readonly #byTenant: Entries<E> = new Map()

  constructor(limits: TableLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#all.size
  }

  [Symbol.iterator](): IterableIterator<E> {
    return this.#all.values()
  }

  /** False when it cannot be served: nobody who should give way is idle. */
  admit(entry: E): boolean {
    const { unownedPerPeer, connectionsPerPeer, connections } = this.#limits
    const hasRoom =
      makeRoom(this.#unowned.get(entry.peer), unownedPerPeer) &&
      makeRoom(this.#byPeer.get(entry.peer), connectionsPerPeer) &&
      (this.#all.size < connections || this.#giveWay())
    if (!hasRoom) return false
    this.#all.add(entry)
    add(this.#unowned, entry.peer, entry)
    add(this.#byPeer, entry.peer, entry)
    return true
  }

  /** Counts the connection as its owner's; false when the owner has too many that are busy. */
  claim(entry: E, owner: ConnectionOwner): boolean {
    const before = this.#owners.get(entry)
    if (before?.caller === owner.caller) return true
    const { connectionsPerCaller, connectionsPerAccount } = this.#limits
    const hasRoom =
      makeRoom(this.#byCaller.get(owner.caller), connectionsPerCaller) &&
      makeRoom(this.#byAccount.get(owner.account), connectionsPerAccount)
    if (!hasRoom) return false
    this.#disown(entry)
    this.#owners.set(entry, owner)
    add(this.#byCaller, owner.caller, entry)
    add(this.#byAccount, owner.account, entry)
    add(this.#byTenant, owner.tenant, entry)
    return true
  }

  delete(entry: E): void {
    if (!this.#all.delete(entry)) return
    this.#disown(entry)
    remove(this.#byPeer, entry.peer, entry)
  }

  hasOwner(entry: E): boolean {
    return this.#owners.has(entry)
  }

  #disown(entry: E): void {
    const owner = this.#owners.get(entry)
    if (owner === undefined) remove(this.#unowned, entry.peer, entry)
    else {
      this.#owners.delete(entry)
      remove(this.#byCaller, owner.caller, entry)
      remove(this.#byAccount, owner.account, entry)
      remove(this.#byTenant, owner.tenant, entry)
    }
  }

  /** An idle connection that nobody owns, else one of the tenant that has the most: an idle one, else the newest. */
  #giveWay(): boolean {
    const tenants = largestFirst(this.#byTenant)
    for (const entries of [...largestFirst(this.#unowned), ...tenants])
      if (endLongestIdle(entries)) return true
    const [greediest] = tenants
    const newest = [...(greediest ?? [])].at(-1)
    if (greediest === undefined || greediest.size <= this.#limits.connections / fairShares) return false
    newest?.destroy()
    return newest !== undefined
  }
}

function makeRoom<E extends TableEntry>(entries: Set<E> | undefined, limit: number): boolean {
  return entries === undefined || entries.size < limit || endLongestIdle(entries)
}

function endLongestIdle<E extends TableEntry>(entries: Set<E>): boolean {
  let longest: E | undefined
  for (const entry of entries) {
    if (entry.idleSince === undefined) continue
    if (longest?.idleSince === undefined || entry.idleSince < longest.idleSince) longest = entry
  }
  longest?.destroy()
  return longest !== undefined
}

function largestFirst<E>(entries: Entries<E>): readonly Set<E>[] {
  return [...entries.values()].sort((left, right) => right.size - left.size)
}

function add<E>(entries: Entries<E>, key: string, entry: E): void {
  const existing = entries.get(key)
  if (existing === undefined) entries.set(key, new Set([entry]))
  else existing.add(entry)
}

function remove<E>(entries: Entries<E>, key: string, entry: E): void {
  const existing = entries.get(key)
  existing?.delete(entry)
  if (existing?.size === 0) entries.delete(key)
}
