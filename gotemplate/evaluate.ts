// Evaluates pipelines, commands, operands and chains of fields.
import type { Execution } from './execution.ts'
import { invokeFunction, invokeMethod } from './invoke.ts'
import {
  type CommandNode,
  type Node,
  type Operand,
  type PipeNode,
  printNode,
  type VariableNode,
} from './node.ts'
import type { GoType } from './type.ts'
import {
  Dict,
  holdsInterfaces,
  Int,
  List,
  Pointer,
  Struct,
  Text,
  typeOf,
  type Value,
  zeroOf,
} from './value.ts'

/** Stands for the last argument that comes from the pipeline when there is none. */
export const absent = Symbol('absent')
export type Final = Value | typeof absent

/** Go's truth: not the zero of its type, and not empty. */
export function truth(value: Value): boolean {
  switch (typeof value) {
    case 'string':
      return value !== ''
    case 'boolean':
      return value
    case 'number':
      return value !== 0
    case 'undefined':
      return false
    default:
      if (value === null) return false
      if (value instanceof Dict) return !value.isEmpty
      if (value instanceof List) return value.length > 0
      if (value instanceof Int) return value.value !== 0n
      if (value instanceof Text) return value.value !== ''
      return !(value instanceof Pointer) || value.target !== undefined
  }
}

/** What is at the end of a pointer, if there is something. */
export function pointee(value: Value): Value {
  return value instanceof Pointer && value.target !== undefined ? value.target : value
}

export function evaluatePipe(state: Execution, dot: Value, pipe: PipeNode): Value {
  state.node = pipe
  const { commands, decl } = pipe
  // What a pipeline gives is never an interface: a nil one becomes no value at all.
  let value: Value = evaluateCommand(state, dot, commands[0] as CommandNode, absent) ?? undefined
  for (let i = 1; i < commands.length; i++) {
    value = evaluateCommand(state, dot, commands[i] as CommandNode, value) ?? undefined
  }
  for (let i = 0; i < decl.length; i++) {
    const variable = decl[i] as VariableNode
    if (pipe.isAssign) state.assign(variable, value)
    else {
      state.names.push(variable.name)
      state.values.push(value)
      state.boxed.push(false)
    }
  }
  return value
}

function evaluateCommand(state: Execution, dot: Value, command: CommandNode, final: Final): Value {
  state.steps(1)
  const { args } = command
  const first = args[0] as Operand
  switch (first.kind) {
    case 'field':
      state.node = first
      return evaluateChain(state, dot, dot, state.dotBoxed, first, first.path, args, final)
    case 'function':
      state.node = first
      return invokeFunction(state, dot, first, command, args, final)
    case 'variable':
      return evaluateVariable(state, dot, first, args, final)
    case 'chain':
      return evaluateChain(state, dot, chainStart(state, dot, first), false, first, first.path, args, final)
    case 'pipe':
      noArguments(state, args, final)
      return evaluatePipe(state, dot, first)
    default:
      state.node = first
      noArguments(state, args, final)
  }
  switch (first.kind) {
    case 'string':
      return first.text
    case 'dot':
      return dot
    case 'number':
      return first.ideal ?? state.fail('%s overflows int', first.text)
    case 'bool':
      return first.value
    default:
      return state.fail('nil is not a command')
  }
}

function noArguments(state: Execution, args: readonly Operand[], final: Final): void {
  if (args.length > 1 || final !== absent) {
    state.fail("can't give argument to non-function %s", printNode(args[0] as Operand))
  }
}

function evaluateVariable(
  state: Execution,
  dot: Value,
  node: VariableNode,
  args: readonly Operand[],
  final: Final,
): Value {
  state.node = node
  const at = state.names.lastIndexOf(node.name)
  if (at < 0) return state.fail('undefined variable: %s', node.name)
  const value = state.values[at]
  if (node.path.length === 0) {
    noArguments(state, args, final)
    return value
  }
  return evaluateChain(state, dot, value, state.boxed[at] === true, node, node.path, args, final)
}

/** The value before the first dot of `(pipe).field`. */
function chainStart(state: Execution, dot: Value, node: Extract<Operand, { kind: 'chain' }>): Value {
  state.node = node
  if (node.operand.kind === 'nil') state.fail('indirection through explicit nil in %s', printNode(node))
  state.node = node.operand
  return evaluateOperand(state, dot, node.operand)
}

const alone: readonly Operand[] = []

/** An operand that is an argument, evaluated without a type that it should have. */
export function evaluateOperand(state: Execution, dot: Value, operand: Operand): Value {
  state.node = operand
  switch (operand.kind) {
    case 'string':
      return operand.text
    case 'field':
      return evaluateChain(state, dot, dot, state.dotBoxed, operand, operand.path, alone, absent)
    case 'variable':
      return evaluateVariable(state, dot, operand, alone, absent)
    case 'dot':
      return dot
    case 'pipe':
      return evaluatePipe(state, dot, operand)
    case 'function':
      return invokeFunction(state, dot, operand, operand, alone, absent)
    case 'chain':
      return evaluateChain(
        state,
        dot,
        chainStart(state, dot, operand),
        false,
        operand,
        operand.path,
        alone,
        absent,
      )
    case 'number':
      return operand.ideal ?? state.fail('%s overflows int', operand.text)
    case 'bool':
      return operand.value
    default:
      return null
  }
}

/** .X.Y.Z of the receiver; only the last, when it is a method, takes arguments. `boxed`: see Execution.boxed. */
function evaluateChain(
  state: Execution,
  dot: Value,
  start: Value,
  startBoxed: boolean,
  node: Node,
  path: readonly string[],
  args: readonly Operand[],
  final: Final,
): Value {
  let receiver = start
  let boxed = startBoxed
  const last = path.length - 1
  const hasArguments = args.length > 1 || final !== absent
  for (let i = 0; i <= last; i++) {
    const name = path[i] as string
    if (receiver instanceof Dict) {
      if (i === last && hasArguments) state.fail('%s is not a method but has arguments', name)
      const value: Value = receiver.get(name)
      boxed = holdsInterfaces(receiver.type)
      receiver = value === undefined ? missingEntry(state, receiver, name) : value
    } else {
      const typeName = boxed ? 'interface {}' : (typeOf(receiver)?.name ?? 'interface {}')
      const isLast = i === last
      const found = evaluateField(
        state,
        dot,
        receiver,
        name,
        typeName,
        node,
        isLast ? args : alone,
        isLast ? final : absent,
      )
      boxed = fieldIsInterface(receiver, name)
      receiver = found
    }
  }
  return receiver
}

function missingEntry(state: Execution, receiver: Dict, name: string): Value {
  if (state.missingKey === 'error') return state.fail('map has no entry for key %q', name)
  return state.missingKey === 'zero' ? zeroOf(receiver.type.elem as GoType) : undefined
}

function fieldIsInterface(receiver: Value, name: string): boolean {
  const holder = pointee(receiver)
  return (
    holder instanceof Struct &&
    holder.type.fields?.find(field => field.name === name)?.type.kind === 'interface'
  )
}

/** .X of what is no map. */
function evaluateField(
  state: Execution,
  dot: Value,
  receiver: Value,
  name: string,
  typeName: string,
  node: Node,
  args: readonly Operand[],
  final: Final,
): Value {
  if (receiver === undefined) {
    if (state.missingKey === 'error') state.fail('nil data; no entry for key %q', name)
    return undefined
  }
  if (receiver === null) return state.fail('nil pointer evaluating interface {}.%s', name)
  const method = methodOf(receiver, name)
  if (method !== undefined) return invokeMethod(state, dot, receiver, method, name, node, args, final)
  const holder = pointee(receiver)
  if (holder instanceof Struct) {
    const at = (holder.type.fields ?? []).findIndex(field => field.name === name)
    if (at >= 0) {
      if (!/^\p{Lu}/u.test(name)) state.fail('%s is an unexported field of struct type %s', name, typeName)
      if (args.length > 1 || final !== absent) {
        state.fail('%s has arguments but cannot be invoked as function', name)
      }
      return holder.fields[at] ?? null
    }
  } else if (holder instanceof Pointer && holder.type.elem?.fields?.some(field => field.name === name)) {
    return state.fail('nil pointer evaluating %s.%s', typeName, name)
  }
  return state.fail("can't evaluate field %s in type %s", name, typeName)
}

function methodOf(receiver: Value, name: string) {
  const type = typeOf(receiver)
  if (type === undefined) return undefined
  const struct = type.kind === 'ptr' ? type.elem : type
  return struct?.methods?.get(name) ?? struct?.pointerMethods?.get(name)
}
