// What an evaluation may cost. Work is counted, not timed, so that the same values always end in the same way.

/**
 * As many units as the API server allows an expression. The dearest kinds of work take 0.1 microseconds a unit, so that
 * an evaluation holds up its thread for about a tenth of a second at most.
 */
export const mostUnits = 1_000_000

/** What an evaluation throws for want of units. Nothing in the expression may absorb it. */
export class OverLimit {}

/**
 * What an expression throws on these values, which `||`, `&&`, `all` and `exists` may absorb. No Error: a stack trace
 * takes ten times as long as the throw. The message shows nothing of the values, for it ends in conditions.
 */
export class Fault {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

/** Takes units before the work that they pay for; throws OverLimit. */
export type Spend = (units: number) => void

export function startMeter(): Spend {
  let left = mostUnits
  return units => {
    left -= units
    if (left < 0) throw new OverLimit()
  }
}

/** Reading, comparing or making a text: a unit for each ten characters or bytes. */
export function textUnits(text: string | Uint8Array): number {
  return 1 + Math.floor(text.length / 10)
}
