// What a step of an evaluation sees.
import type { Spend } from './meter.ts'

export type Frame = {
  readonly spend: Spend
  readonly variables: Readonly<Record<string, unknown>>
  /** The frame around a macro, whose own variable has `value`. */
  readonly outer: Frame | undefined
  value: unknown
}

/** An operation of an expression, ready to run. Throws Fault or OverLimit. */
export type Step = (frame: Frame) => unknown

export function inner(outer: Frame): Frame {
  return { spend: outer.spend, variables: outer.variables, outer, value: undefined }
}
