// CollectedBodies: the memory for answers that are read whole. When it is full, the tenant that holds the most of it
// gives way, so that neither a slow tool nor a busy caller takes it from the rest.
import type { Failure } from '../http/message/failure.ts'
import type { BodyMemory } from '../http/message/ports.ts'
import type { Payer } from './caller.ts'

export type CollectedBodiesOptions = {
  /** Of all together. */
  readonly totalBytes: number
  /** Bodies of one caller at a time. */
  readonly perCaller: number
}

export class CollectedBodies {
  readonly #options: CollectedBodiesOptions
  #bytes = 0
  readonly #open = new Set<CollectedBody>()
  /** Of each caller that has bodies open. */
  readonly #counts = new Map<string, number>()

  constructor(options: CollectedBodiesOptions) {
    this.#options = options
  }

  /** Undefined where the caller has as many bodies open as it may. */
  open(payer: Payer): BodyMemory | undefined {
    const count = this.#counts.get(payer.caller) ?? 0
    if (count >= this.#options.perCaller) return undefined
    const body = new CollectedBody(payer, {
      grow: bytes => this.#grow(body, bytes),
      release: () => this.#release(body),
    })
    this.#open.add(body)
    this.#counts.set(payer.caller, count + 1)
    return body
  }

  #release(body: CollectedBody): void {
    if (!this.#open.delete(body)) return
    this.#bytes -= body.bytes
    const left = (this.#counts.get(body.payer.caller) ?? 1) - 1
    if (left === 0) this.#counts.delete(body.payer.caller)
    else this.#counts.set(body.payer.caller, left)
  }

  #grow(body: CollectedBody, bytes: number): Failure | undefined {
    while (this.#bytes + bytes > this.#options.totalBytes) {
      const greediest = this.#greediest(body.payer.tenant, bytes)
      const largest = greediest === body.payer.tenant ? undefined : this.#largestOf(greediest)
      if (largest === undefined) return noMemory
      largest.release()
      largest.onRevoked?.(noMemory)
    }
    body.bytes += bytes
    this.#bytes += bytes
    return undefined
  }

  /** The tenant that would hold the most if this one got so many bytes more. */
  #greediest(tenant: string, bytes: number): string | undefined {
    const held = new Map([[tenant, bytes]])
    for (const open of this.#open) {
      held.set(open.payer.tenant, (held.get(open.payer.tenant) ?? 0) + open.bytes)
    }
    return [...held].sort(([, left], [, right]) => right - left)[0]?.[0]
  }

  #largestOf(tenant: string | undefined): CollectedBody | undefined {
    const bodies = [...this.#open].filter(({ payer }) => payer.tenant === tenant)
    return bodies.sort((left, right) => right.bytes - left.bytes)[0]
  }
}

class CollectedBody implements BodyMemory {
  bytes = 0
  onRevoked: ((failure: Failure) => void) | undefined
  readonly payer: Payer
  readonly grow: BodyMemory['grow']
  readonly release: BodyMemory['release']

  constructor(payer: Payer, { grow, release }: Pick<BodyMemory, 'grow' | 'release'>) {
    this.payer = payer
    this.grow = grow
    this.release = release
  }
}

export const noMemory: Failure = {
  status: 503,
  reason: 'TooManyAnswers',
  message: "Cannot read the tool's answer: too many answers are being read at once",
}
