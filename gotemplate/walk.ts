// Executes statements: text, actions, if, with, range, template. What is open is a chain of frames and not
// JavaScript's stack, so that templates can call themselves as deep as the limit says.
import { evaluatePipe, pointee, truth } from './evaluate.ts'
import type { Execution, Scope } from './execution.ts'
import { printed } from './format/print.ts'
import {
  type ActionNode,
  type BranchNode,
  type ListNode,
  printNode,
  type Statement,
  type TemplateNode,
} from './node.ts'
import { Dict, Func, holdsInterfaces, Int, int, List, Pointer, typeOf, type Value } from './value.ts'

/** A list of statements under way. */
interface Frame {
  readonly parent: Frame | undefined
  readonly list: ListNode
  /** The next statement. */
  at: number
  dot: Value
  /** How many variables there were before the block, and whether its dot was an interface. */
  readonly mark: number
  readonly dotBoxed: boolean
  /** Of the body of a range. */
  readonly loop: Loop | undefined
  /** Of the else part of a range, where a break ends no more than that. */
  readonly isRangeElse: boolean
  /** Of a template that was called: what its caller had. */
  readonly caller: Scope | undefined
}

const none: readonly never[] = []

interface Loop {
  readonly node: BranchNode
  readonly over: List | Dict | Int
  /** Of a dict, as it is when the range begins. */
  readonly keys: readonly string[]
  readonly values: readonly Value[]
  readonly count: number
  readonly boxed: boolean
  /** How many variables there are with the range's own. */
  readonly mark: number
  index: number
}

export function walkList(state: Execution, dot: Value, list: ListNode): void {
  let frame: Frame | undefined = open(state, undefined, dot, list)
  while (frame !== undefined) {
    const node: Statement | undefined = frame.list[frame.at]
    if (node === undefined) {
      frame = close(state, frame)
      continue
    }
    frame.at++
    state.steps(1)
    state.node = node
    switch (node.kind) {
      case 'text':
        state.write(node.text)
        break
      case 'action':
        action(state, frame.dot, node)
        break
      case 'if':
      case 'with':
        frame = branch(state, frame, node)
        break
      case 'range':
        frame = range(state, frame, node)
        break
      case 'template':
        frame = callTemplate(state, frame, node)
        break
      default:
        frame = jump(state, frame, node.kind)
    }
  }
}

function open(
  state: Execution,
  parent: Frame | undefined,
  dot: Value,
  list: ListNode,
  mark = state.names.length,
): Frame {
  const { dotBoxed } = state
  return { parent, list, at: 0, dot, mark, dotBoxed, loop: undefined, isRangeElse: false, caller: undefined }
}

/** At the end of its list: the next round of a loop, or what comes after the block. */
function close(state: Execution, frame: Frame): Frame | undefined {
  return frame.loop !== undefined && advance(state, frame, frame.loop) ? frame : leave(state, frame)
}

function leave(state: Execution, frame: Frame): Frame | undefined {
  if (frame.caller !== undefined) state.leave(frame.caller)
  else if (frame.parent !== undefined) {
    popTo(state, frame.mark)
    state.dotBoxed = frame.dotBoxed
  }
  return frame.parent
}

function popTo(state: Execution, mark: number): void {
  state.names.length = mark
  state.values.length = mark
  state.boxed.length = mark
}

function action(state: Execution, dot: Value, node: ActionNode): void {
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

function branch(state: Execution, frame: Frame, node: BranchNode): Frame {
  const mark = state.names.length
  const value = evaluatePipe(state, frame.dot, node.pipe)
  const isTrue = truth(value)
  const list = isTrue ? node.list : node.elseList
  if (list === undefined) {
    popTo(state, mark)
    return frame
  }
  const isWith = isTrue && node.kind === 'with'
  const inner = open(state, frame, isWith ? value : frame.dot, list, mark)
  if (isWith) state.dotBoxed = false
  return inner
}

function range(state: Execution, frame: Frame, node: BranchNode): Frame {
  const mark = state.names.length
  const value = pointee(evaluatePipe(state, frame.dot, node.pipe))
  const loop = value === undefined ? undefined : loopOver(state, node, value)
  if (loop !== undefined && loop.count > 0) {
    const body: Frame = { ...open(state, frame, frame.dot, node.list, mark), loop }
    advance(state, body, loop)
    return body
  }
  if (node.elseList !== undefined) {
    return { ...open(state, frame, frame.dot, node.elseList, mark), isRangeElse: true }
  }
  popTo(state, mark)
  return frame
}

function loopOver(state: Execution, node: BranchNode, value: Value): Loop {
  const mark = state.names.length
  if (value instanceof List) {
    const boxed = holdsInterfaces(value.type)
    return { node, over: value, keys: none, values: none, count: value.length, boxed, mark, index: 0 }
  }
  if (value instanceof Dict) {
    state.steps(value.size)
    const keys = value.sortedKeys()
    const values = keys.map(key => value.get(key))
    const boxed = holdsInterfaces(value.type)
    return { node, over: value, keys, values, count: keys.length, boxed, mark, index: 0 }
  }
  if (value instanceof Int) {
    if (node.pipe.decl.length > 1) {
      const safe = `can't use a value of type ${value.type.name} to iterate over more than one variable`
      throw state.failure("can't use %v to iterate over more than one variable", [value], { safe })
    }
    return {
      node,
      over: value,
      keys: none,
      values: none,
      count: Number(value.value),
      boxed: false,
      mark,
      index: 0,
    }
  }
  const safe = `range can't iterate over a value of type ${typeOf(value)?.name}`
  throw state.failure("range can't iterate over %v", [printed(state, value)], { safe })
}

/** Starts the next round, if there is one. */
function advance(state: Execution, frame: Frame, loop: Loop): boolean {
  const { index, over } = loop
  if (index >= loop.count) return false
  state.steps(1)
  popTo(state, loop.mark)
  loop.index++
  state.dotBoxed = loop.boxed
  frame.at = 0
  if (over instanceof List) {
    frame.dot = over.at(index)
    if (loop.node.pipe.decl.length > 0) declare(state, loop, int(index), frame.dot)
  } else if (over instanceof Dict) {
    frame.dot = loop.values[index]
    declare(state, loop, loop.keys[index], frame.dot)
  } else {
    frame.dot = new Int(over.type, BigInt(index))
    declare(state, loop, undefined, frame.dot)
  }
  return true
}

/** Gives the range's variables their values of this round. */
function declare(state: Execution, loop: Loop, key: Value, element: Value): void {
  const { decl, isAssign } = loop.node.pipe
  const [first, second] = decl
  if (first === undefined) return
  if (isAssign) {
    if (second !== undefined) state.assign(first, key)
    state.assign(second ?? first, element, loop.boxed)
    return
  }
  state.values[loop.mark - 1] = element
  state.boxed[loop.mark - 1] = loop.boxed
  if (second !== undefined) state.values[loop.mark - 2] = key
}

function callTemplate(state: Execution, frame: Frame, node: TemplateNode): Frame {
  const definition = state.definitions.get(node.name)
  if (definition === undefined) return state.fail('template %q not defined', node.name)
  const dot = node.pipe === undefined ? undefined : evaluatePipe(state, frame.dot, node.pipe)
  const caller = state.enter(definition, dot)
  return { ...open(state, frame, dot, definition.root), caller }
}

/** Go lets a break in the else part of a range end that part only, a continue go on to the range around it. */
function jump(state: Execution, from: Frame, kind: 'break' | 'continue'): Frame | undefined {
  let frame: Frame | undefined = from
  while (frame !== undefined && frame.loop === undefined && !(kind === 'break' && frame.isRangeElse)) {
    frame = leave(state, frame)
  }
  if (frame === undefined) return undefined
  return kind === 'continue' ? close(state, frame) : leave(state, frame)
}
