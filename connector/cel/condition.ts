// Booleans, and the operators that may decide without one of their sides.
import type { Frame, Step } from './frame.ts'
import { Fault } from './meter.ts'

const unitsOfFault = 10

/** The boolean of a step, or the fault that it ended with. */
export function attempt(step: Step, frame: Frame): boolean | Fault {
  try {
    return truth(step(frame))
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    frame.spend(unitsOfFault)
    return error
  }
}

export function truth(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Fault('a condition is not a boolean')
  return value
}

/** `&&` and `||`: either side decides alone, whatever the other one ends with. */
export function logical(decisive: boolean, left: Step, right: Step): Step {
  return frame => {
    const first = attempt(left, frame)
    if (first === decisive) return decisive
    const second = truth(right(frame))
    if (second !== decisive && first instanceof Fault) throw first
    return second
  }
}

export function ternary(condition: Step, then: Step, otherwise: Step): Step {
  return frame => (truth(condition(frame)) ? then(frame) : otherwise(frame))
}
