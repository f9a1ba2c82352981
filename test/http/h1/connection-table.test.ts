import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectionTable, type TableEntry } from '../../../http/h1/connection-table.ts'

const test = suite('http/h1/connection-table')

const limits = {
  connections: 1000,
  unownedPerPeer: 3,
  connectionsPerPeer: 10,
  connectionsPerCaller: 3,
  connectionsPerAccount: 5,
}

class Entry implements TableEntry {
  idleSince: number | undefined
  isEnded = false
  readonly peer: string
  readonly #table: ConnectionTable<Entry>

  constructor(table: ConnectionTable<Entry>, peer: string, idleSince: number | undefined) {
    this.#table = table
    this.peer = peer
    this.idleSince = idleSince
  }

  destroy(): void {
    this.isEnded = true
    this.#table.delete(this)
  }
}

function scene(change: Partial<typeof limits> = {}) {
  const table = new ConnectionTable<Entry>({ ...limits, ...change })
  const open = (peer: string, idleSince?: number) => {
    const entry = new Entry(table, peer, idleSince)
    return { entry, isAdmitted: table.admit(entry) }
  }
  const owned = (peer: string, caller: string, idleSince?: number) => {
    const { entry } = open(peer, idleSince)
    const [account = '', tenant = account] = caller.split('@')
    const isClaimed = table.claim(entry, { caller, account, tenant })
    return { entry, isClaimed }
  }
  return { table, open, owned }
}

test('of an address’s connections that are nobody’s, the longest idle gives way; others feel nothing', () => {
  const { table, open } = scene()
  const other = open('b', 1).entry
  const first = open('a', 5).entry
  const longest = open('a', 2).entry
  const busy = open('a').entry
  assert.ok(open('a', 9).isAdmitted)
  assert.equal([first.isEnded, longest.isEnded, busy.isEnded, other.isEnded], [false, true, false, false])
  assert.is(table.size, 4)
})

test('an address whose connections are all busy gets no more of them', () => {
  const { open } = scene()
  for (let at = 0; at < 3; at++) open('a')
  assert.not.ok(open('a').isAdmitted)
  assert.ok(open('b').isAdmitted)
})

test('a connection that becomes somebody’s makes room for the next stranger, up to the address’s bound', () => {
  const { table, open } = scene()
  for (let at = 0; at < 10; at++) {
    const { entry, isAdmitted } = open('a')
    assert.ok(isAdmitted)
    assert.ok(table.claim(entry, { caller: `c${at}`, account: `c${at}`, tenant: 't' }))
  }
  assert.not.ok(open('a').isAdmitted)
})

test('a caller and its account have so many; the longest idle gives way, busy ones refuse', () => {
  const { owned } = scene()
  const idle = owned('a', 'one', 1).entry
  owned('b', 'one')
  owned('c', 'one')
  assert.ok(owned('d', 'one').isClaimed)
  assert.ok(idle.isEnded)
  assert.not.ok(owned('e', 'one').isClaimed)
  assert.ok(owned('e', 'two').isClaimed)
  const table = scene()
  for (let at = 0; at < 5; at++) assert.ok(table.owned(`p${at}`, `account@pod${at}`).isClaimed)
})

test('a connection of another caller than before counts for that one', () => {
  const { table, owned } = scene()
  const { entry } = owned('a', 'one')
  owned('b', 'one')
  owned('c', 'one')
  assert.ok(table.claim(entry, { caller: 'two', account: 'two', tenant: 'two' }))
  assert.ok(owned('d', 'one').isClaimed)
})

test('when all are taken, strangers give way first, then the tenant that has the most', () => {
  const { owned, open } = scene({ connections: 16, connectionsPerCaller: 99, connectionsPerAccount: 99 })
  const stranger = open('x', 7).entry
  const greedy = Array.from({ length: 10 }, (_, at) => owned(`g${at}`, 'greedy', 100 - at).entry)
  const modest = Array.from({ length: 5 }, (_, at) => owned(`m${at}`, 'modest', 1).entry)
  assert.ok(open('n1', 1).isAdmitted)
  assert.ok(stranger.isEnded)
  assert.ok(owned('n2', 'newcomer').isClaimed)
  assert.is(greedy.filter(({ isEnded }) => isEnded).length, 0, 'the second stranger was idle')
  assert.ok(open('n3').isAdmitted)
  assert.ok(greedy.at(-1)?.isEnded, 'the longest idle of the greedy one')
  assert.is(modest.filter(({ isEnded }) => isEnded).length, 0)
})

test('a tenant with more than its share loses running connections to others', () => {
  const { owned, open } = scene({ connections: 16, connectionsPerCaller: 99, connectionsPerAccount: 99 })
  const busy = Array.from({ length: 16 }, (_, at) => owned(`g${at}`, 'greedy').entry)
  assert.ok(open('n').isAdmitted)
  assert.equal(busy.map(({ isEnded }) => isEnded).filter(Boolean).length, 1)
  const shared = scene({ connections: 4, connectionsPerCaller: 99, connectionsPerAccount: 99 })
  for (const name of ['a', 'b', 'c', 'd']) shared.owned(name, name)
  assert.ok(shared.open('n').isAdmitted, 'four of four are more than a share')
})

test.run()
