// What whoever has not shown who they are makes us write: bounded for each address, and what is left out is counted.
import type { Clock } from '../../runtime/clock.ts'
import type { AuditSink } from './audit.ts'

export type StrangersOptions = {
  readonly write: AuditSink
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>
}

type Peer = { allowance: number; countedMs: number; leftOut: number }

/** Lines of one address at once after a pause, and a second in the long run. */
const burst = 64
const perSecond = 16
/** How often what was left out is told. */
const tellMs = 10_000
const maxPeers = 4096

export class StrangerLines {
  readonly #options: StrangersOptions
  readonly #peers = new Map<string, Peer>()
  #toldMs: number

  constructor(options: StrangersOptions) {
    this.#options = options
    this.#toldMs = options.clock.monotonicMs()
  }

  write(line: string, address: string): void {
    const nowMs = this.#options.clock.monotonicMs()
    const peer = this.#peerOf(address, nowMs)
    peer.allowance = Math.min(burst, peer.allowance + ((nowMs - peer.countedMs) / 1000) * perSecond)
    peer.countedMs = nowMs
    if (peer.allowance >= 1) {
      peer.allowance--
      this.#options.write(line)
    } else peer.leftOut++
    if (nowMs - this.#toldMs >= tellMs || this.#peers.size > maxPeers) this.tell()
  }

  /** One line for each address whose lines were left out since the last time. */
  tell(): void {
    const { write, clock } = this.#options
    const nowMs = clock.monotonicMs()
    this.#toldMs = nowMs
    const time = new Date(clock.now()).toISOString()
    for (const [peer, state] of this.#peers) {
      if (state.leftOut > 0)
        write(`${JSON.stringify({ time, audit: 'left out', peer, lines: state.leftOut })}\n`)
      state.leftOut = 0
      if (nowMs - state.countedMs >= (burst / perSecond) * 1000) this.#peers.delete(peer)
    }
    // More addresses than that at once are a flood that each of them is a part of.
    if (this.#peers.size > maxPeers) this.#peers.clear()
  }

  #peerOf(address: string, nowMs: number): Peer {
    let peer = this.#peers.get(address)
    if (peer === undefined) {
      peer = { allowance: burst, countedMs: nowMs, leftOut: 0 }
      this.#peers.set(address, peer)
    }
    return peer
  }
}
