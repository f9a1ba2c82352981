// The macros that go through a list, or through the keys of a map.
import { attempt, truth } from './condition.ts'
import { type Frame, inner, type Step } from './frame.ts'
import { Fault } from './meter.ts'
import { isList, isMap, keysOf } from './value.ts'

/** `first` and `last` are run for each item, and are the same where the macro has one argument beside its variable. */
export type Comprehension = (first: Step, last: Step) => (items: readonly unknown[], frame: Frame) => unknown

/** By name and number of arguments, the variable among them. */
export const comprehensions: Readonly<Record<string, Comprehension>> = {
  'all/2': quantifier(false),
  'exists/2': quantifier(true),
  'exists_one/2': holds => (items, frame) => {
    let count = 0
    for (const item of items) if (truth(holds(turn(frame, item)))) count += 1
    return count === 1
  },
  'filter/2': holds => (items, frame) => items.filter(item => truth(holds(turn(frame, item)))),
  'map/2': transform => (items, frame) => items.map(item => transform(turn(frame, item))),
  'map/3': (holds, transform) => (items, frame) => {
    const results: unknown[] = []
    for (const item of items) if (truth(holds(turn(frame, item)))) results.push(transform(frame))
    return results
  },
}

/** `decisive` for one item decides; a fault counts only when no item does. */
function quantifier(decisive: boolean): Comprehension {
  return holds => (items, frame) => {
    let fault: Fault | undefined
    for (const item of items) {
      const result = attempt(holds, turn(frame, item))
      if (result === decisive) return decisive
      if (result instanceof Fault) fault ??= result
    }
    if (fault) throw fault
    return !decisive
  }
}

function turn(frame: Frame, item: unknown): Frame {
  frame.spend(1)
  frame.value = item
  return frame
}

export function overItems(list: Step, run: ReturnType<Comprehension>): Step {
  return frame => {
    const value = list(frame)
    if (isList(value)) return run(value, inner(frame))
    if (isMap(value)) return run(keysOf(value, frame.spend), inner(frame))
    throw new Fault('a macro is called on what is neither a list nor a map')
  }
}
