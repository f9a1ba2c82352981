// What one execution may use. Every node, every element of a loop and every function that makes something pays here.
import { LimitError } from './error.ts'

export interface Limits {
  /** Of the output, in bytes. */
  readonly outputBytes: number
  /** Nodes evaluated, elements visited. */
  readonly steps: number
  /** Templates that call templates, by `template`, `include` or `tpl`. */
  readonly depth: number
  readonly cpuMs: number
  /** Of all strings and lists that functions make on the way, in bytes. */
  readonly allocatedBytes: number
}

export const defaultLimits: Limits = {
  outputBytes: 1024 * 1024,
  steps: 1_000_000,
  depth: 1000,
  cpuMs: 250,
  allocatedBytes: 64 * 1024 * 1024,
}

/** Time is looked at once in so many steps. */
const batch = 1024

export class Meter {
  readonly limits: Limits
  /** Steps until the next look at the totals. */
  private left: number
  private used = 0
  private allocated = 0
  private readonly startedMs = performance.now()
  private startedCpuMs: number | undefined

  constructor(limits: Limits) {
    this.limits = limits
    this.left = Math.min(batch, limits.steps)
  }

  steps(count: number): void {
    this.left -= count
    if (this.left < 0) this.check()
  }

  allocate(bytes: number): void {
    this.allocated += bytes
    if (!(this.allocated <= this.limits.allocatedBytes)) {
      throw new LimitError(
        'allocation',
        `exceeded the allocation limit of ${this.limits.allocatedBytes} bytes`,
      )
    }
    this.left -= bytes >>> 10
    if (this.left < 0) this.check()
  }

  private check(): void {
    const { limits } = this
    this.used += Math.min(batch, limits.steps - this.used) - this.left
    if (!(this.used <= limits.steps))
      throw new LimitError('steps', `exceeded the limit of ${limits.steps} steps`)
    this.left = Math.min(batch, limits.steps - this.used)
    this.checkTime()
  }

  /** The cheap clock first: only when it says too long is the CPU asked, which others may have kept from us. */
  private checkTime(): void {
    const elapsedMs = performance.now() - this.startedMs
    const nowCpuMs = this.startedCpuMs === undefined || elapsedMs > this.limits.cpuMs ? cpuMs() : undefined
    this.startedCpuMs ??= nowCpuMs === undefined ? undefined : nowCpuMs - elapsedMs
    if (elapsedMs <= this.limits.cpuMs) return
    const spentMs =
      nowCpuMs === undefined || this.startedCpuMs === undefined ? elapsedMs : nowCpuMs - this.startedCpuMs
    if (spentMs > this.limits.cpuMs) {
      throw new LimitError('cpu', `exceeded the limit of ${this.limits.cpuMs} ms of CPU time`)
    }
  }
}

function cpuMs(): number | undefined {
  if (typeof process === 'undefined') return undefined
  const usage = process.threadCpuUsage?.() ?? process.cpuUsage?.()
  return usage === undefined ? undefined : (usage.user + usage.system) / 1000
}
