// Executes statements: text, actions, if, with, range, template.

import { evaluatePipe, pointee, truth } from './evaluate.ts'
import type { Execution } from './execution.ts'
import { printed } from './format/print.ts'
import {
  type ActionNode,
  type BranchNode,
  type ListNode,
  printNode,
  type TemplateNode,
  type VariableNode,
} from './node.ts'
import { Dict, Func, holdsInterfaces, Int, int, List, Pointer, typeOf, type Value } from './value.ts'

/** How a list ended: at its end, or by break or continue. */
type Ended = 'end' | 'break' | 'continue'

export function walkList(state: Execution, dot: Value, list: ListNode): Ended {
  for (let i = 0; i < list.length; i++) {
    const node = list[i] as ListNode[number]
    state.steps(1)
    state.node = node
    switch (node.kind) {
      case 'text':
        state.write(node.text)
        break
      case 'action':
        walkAction(state, dot, node)
        break
      case 'if':
      case 'with': {
        const ended = walkBranch(state, dot, node)
        if (ended !== 'end') return ended
        break
      }
      case 'range': {
        const ended = walkRange(state, dot, node)
        if (ended !== 'end') return ended
        break
      }
      case 'template':
        walkTemplate(state, dot, node)
        break
      default:
        return node.kind
    }
  }
  return 'end'
}

function walkAction(state: Execution, dot: Value, node: ActionNode): void {
  const value = evaluatePipe(state, dot, node.pipe)
  if (node.pipe.decl.length > 0) return
  state.node = node
  if (typeof value === 'string') state.write(value)
  else if (value === undefined) state.write('<no value>')
  else if (value instanceof Func) state.fail("can't print %s of type %s", printNode(node), value.type.name)
  else state.write(printed(state, printable(value)))
}

/** fmt prints what a pointer points to as &{...}, templates do without the &. */
function printable(value: Value): Value {
  if (!(value instanceof Pointer) || value.target === undefined) return value
  const { type } = value.target
  return type.stringer === undefined && type.pointerStringer !== undefined ? value : value.target
}

function popTo(state: Execution, mark: number): void {
  state.names.length = mark
  state.values.length = mark
  state.boxed.length = mark
}

function walkBranch(state: Execution, dot: Value, node: BranchNode): Ended {
  const mark = state.names.length
  const value = evaluatePipe(state, dot, node.pipe)
  let ended: Ended = 'end'
  if (!truth(value)) {
    if (node.elseList !== undefined) ended = walkList(state, dot, node.elseList)
  } else if (node.kind === 'with') {
    const { dotBoxed } = state
    state.dotBoxed = false
    ended = walkList(state, value, node.list)
    state.dotBoxed = dotBoxed
  } else ended = walkList(state, dot, node.list)
  popTo(state, mark)
  return ended
}

function walkRange(state: Execution, dot: Value, node: BranchNode): Ended {
  const mark = state.names.length
  const { dotBoxed } = state
  const value = pointee(evaluatePipe(state, dot, node.pipe))
  const hasRun = iterate(state, node, value)
  state.dotBoxed = dotBoxed
  let ended: Ended = 'end'
  if (!hasRun && node.elseList !== undefined) ended = walkList(state, dot, node.elseList)
  popTo(state, mark)
  // Go lets a break in the else part end this range, a continue go on to the one around it.
  return ended === 'break' ? 'end' : ended
}

/** Gives whether there was anything to iterate over. */
function iterate(state: Execution, node: BranchNode, value: Value): boolean {
  if (value === undefined) return false
  if (value instanceof List) {
    state.dotBoxed = holdsInterfaces(value.type)
    for (let i = 0; i < value.length; i++) {
      if (iteration(state, node, int(i), value.at(i)) === 'break') break
    }
    return value.length > 0
  }
  if (value instanceof Dict) {
    state.dotBoxed = holdsInterfaces(value.type)
    const keys = value.sortedKeys()
    for (const key of keys) {
      // A key that the body has deleted is still visited in Go, which took a copy; its value is gone here.
      if (iteration(state, node, key, value.get(key)) === 'break') break
    }
    return keys.length > 0
  }
  if (value instanceof Int) return iterateCount(state, node, value)
  const safe = `range can't iterate over a value of type ${typeOf(value)?.name}`
  throw state.failure("range can't iterate over %v", [printed(state, value)], { safe })
}

function iterateCount(state: Execution, node: BranchNode, value: Int): boolean {
  if (node.pipe.decl.length > 1) {
    const safe = `can't use a value of type ${value.type.name} to iterate over more than one variable`
    throw state.failure("can't use %v to iterate over more than one variable", [value], { safe })
  }
  state.dotBoxed = false
  for (let i = 0n; i < value.value; i++) {
    if (iteration(state, node, undefined, new Int(value.type, i)) === 'break') break
  }
  return value.value > 0n
}

function iteration(state: Execution, node: BranchNode, key: Value, element: Value): Ended {
  state.steps(1)
  const { decl, isAssign } = node.pipe
  const [first, second] = decl
  const mark = state.names.length
  if (first !== undefined) {
    if (isAssign) {
      assign(state, first, second === undefined ? element : key)
      if (second !== undefined) assign(state, second, element)
    } else {
      state.values[mark - 1] = element
      state.boxed[mark - 1] = state.dotBoxed
      if (second !== undefined) state.values[mark - 2] = key
    }
  }
  const { dotBoxed } = state
  const ended = walkList(state, element, node.list)
  state.dotBoxed = dotBoxed
  popTo(state, mark)
  return ended
}

export function assign(state: Execution, variable: VariableNode, value: Value): void {
  const at = state.names.lastIndexOf(variable.name)
  if (at < 0) state.fail('undefined variable: %s', variable.name)
  state.values[at] = value
  state.boxed[at] = false
}

function walkTemplate(state: Execution, dot: Value, node: TemplateNode): void {
  const definition = state.definitions.get(node.name)
  if (definition === undefined) state.fail('template %q not defined', node.name)
  const value = node.pipe === undefined ? undefined : evaluatePipe(state, dot, node.pipe)
  state.enter(definition, value)
}
