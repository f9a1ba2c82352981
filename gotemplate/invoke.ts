// Calls functions and methods: counts and checks arguments, converts them, reports failures as Go does.
import { LimitError, TemplateError } from './error.ts'
import { absent, evaluateOperand, type Final, pointee, truth } from './evaluate.ts'
import { type Execution, isStackOverflow } from './execution.ts'
import { FunctionError, type Parameter, type TemplateFunction } from './function.ts'
import { type FunctionNode, type Node, type NumberNode, type Operand, printNode } from './node.ts'
import { anyType, type GoType, isSigned, isUnsigned, reflectValueType, stringType } from './type.ts'
import { Func, Int, int, integer, Pointer, Text, typeOf, type Value, zeroOf } from './value.ts'

export function invokeFunction(
  state: Execution,
  dot: Value,
  node: FunctionNode,
  command: Node,
  args: readonly Operand[],
  final: Final,
): Value {
  state.node = node
  const { entry, name, special } = node
  checkCount(state, entry, 0, name, args, final)
  if (special === 'and' || special === 'or') return shortCircuit(state, dot, special === 'or', args, final)
  const values = gather(state, dot, entry, 0, args, final)
  if (special === 'call') {
    const callee = args.length > 1 ? printNode(args[1] as Operand) : undefined
    return guarded(state, command, name, args, final, () => callValue(state, callee, values))
  }
  return call(state, entry, values, command, name, args, final)
}

export function invokeMethod(
  state: Execution,
  dot: Value,
  receiver: Value,
  entry: TemplateFunction,
  name: string,
  node: Node,
  args: readonly Operand[],
  final: Final,
): Value {
  checkCount(state, entry, 1, name, args, final)
  const values = gather(state, dot, entry, 1, args, final)
  const wantsPointer = entry.parameters[0]?.type.kind === 'ptr'
  values[0] = (wantsPointer ? receiver : pointee(receiver)) as never
  return call(state, entry, values, node, name, args, final)
}

/** `bound`: how many of the parameters are no arguments, 1 for the receiver of a method. */
function checkCount(
  state: Execution,
  entry: TemplateFunction,
  bound: number,
  name: string,
  args: readonly Operand[],
  final: Final,
): void {
  const written = Math.max(args.length - 1, 0)
  const given = final === absent ? written : written + 1
  const wanted = entry.parameters.length - bound
  if (entry.rest === undefined ? given === wanted : given >= wanted) return
  if (entry.rest === undefined)
    state.fail('wrong number of args for %s: want %d got %d', name, int(wanted), int(given))
  state.fail('wrong number of args for %s: want at least %d got %d', name, int(wanted), int(written))
}

function shortCircuit(
  state: Execution,
  dot: Value,
  isOr: boolean,
  args: readonly Operand[],
  final: Final,
): Value {
  let value: Value
  for (let i = 1; i < args.length; i++) {
    value = evaluateArgument(state, dot, reflectValueType, args[i] as Operand)
    if (truth(value) === isOr) return value
  }
  return final === absent ? value : final
}

/** The arguments in the form the function's body takes. */
function gather(
  state: Execution,
  dot: Value,
  entry: TemplateFunction,
  bound: number,
  args: readonly Operand[],
  final: Final,
): never[] {
  const { parameters } = entry
  const values: unknown[] = bound === 0 ? [] : [undefined]
  for (let i = 1; i < args.length; i++) {
    const parameter = (parameters[values.length] ?? entry.rest) as Parameter<unknown>
    const value = evaluateArgument(state, dot, parameter.type, args[i] as Operand)
    values.push(inForm(value, parameter))
    if (typeof value === 'string' && value.length > 1024) chargeReading(state, value)
  }
  if (final !== absent) {
    const parameter = (parameters[values.length] ?? entry.rest) as Parameter<unknown>
    values.push(inForm(checkType(state, final, parameter.type), parameter))
    if (typeof final === 'string' && final.length > 1024) chargeReading(state, final)
  }
  return values as never[]
}

/** Long texts cost time even where little is made of them (`len`, `contains`, `eq`). */
function chargeReading(state: Execution, text: string): void {
  state.steps(text.length >>> 10)
}

function inForm(value: Value, parameter: Parameter<unknown>): unknown {
  if (parameter.form === 'value') return value
  const integer = (value as Int).value
  return parameter.form === 'number' ? Number(integer) : integer
}

function evaluateArgument(state: Execution, dot: Value, type: GoType, operand: Operand): Value {
  switch (operand.kind) {
    case 'nil':
      state.node = operand
      if (!canBeNil(type)) state.fail('cannot assign nil to %s', type.name)
      return type === reflectValueType ? undefined : zeroOf(type)
    case 'string':
      state.node = operand
      if (type === stringType || type === anyType || type === reflectValueType) return operand.text
      return literal(state, type, operand)
    case 'number':
    case 'bool':
      state.node = operand
      return literal(state, type, operand)
    default: {
      const value = evaluateOperand(state, dot, operand)
      return checkType(state, value, type)
    }
  }
}

/** A literal takes the type that the parameter has, if it can. */
function literal(
  state: Execution,
  type: GoType,
  operand: Extract<Operand, { kind: 'string' | 'number' | 'bool' }>,
): Value {
  const { kind } = type
  if (kind === 'interface' || type === reflectValueType) return evaluateOperand(state, undefined, operand)
  const shown = printNode(operand)
  if (kind === 'string') {
    if (operand.kind !== 'string') state.fail('expected string; found %s', shown)
    const { text } = operand as Extract<Operand, { kind: 'string' }>
    return type === stringType ? text : new Text(type, text)
  }
  if (kind === 'bool') {
    return operand.kind === 'bool' ? operand.value : state.fail('expected bool; found %s', shown)
  }
  const number: NumberNode | undefined = operand.kind === 'number' ? operand : undefined
  if (kind === 'float64') return number?.float ?? state.fail('expected float; found %s', shown)
  if (isSigned(kind)) return new Int(type, number?.int ?? state.fail('expected integer; found %s', shown))
  if (isUnsigned(kind))
    return new Int(type, number?.uint ?? state.fail('expected unsigned integer; found %s', shown))
  return state.fail("can't handle %s for arg of type %s", shown, type.name)
}

function canBeNil(type: GoType): boolean {
  switch (type.kind) {
    case 'interface':
    case 'map':
    case 'slice':
    case 'ptr':
    case 'func':
      return true
    default:
      return type === reflectValueType
  }
}

/** The value as an argument of the type: for an interface any nil is null. */
function checkType(state: Execution, value: Value, type: GoType): Value {
  if (type === anyType) return value ?? null
  if (type === reflectValueType) return value
  if (type === stringType && typeof value === 'string') return value
  const actual = typeOf(value)
  if (actual === type) return value
  if (value === undefined) {
    return canBeNil(type) ? zeroOf(type) : state.fail('invalid value; expected %s', type.name)
  }
  if (actual !== undefined && isAssignable(actual, type)) return value
  if (value instanceof Pointer && actual?.elem === type) {
    return value.target ?? state.fail('dereference of nil pointer of type %s', type.name)
  }
  return state.fail('wrong type for value; expected %s; got %s', type.name, actual?.name ?? anyType.name)
}

export function isAssignable(from: GoType, to: GoType): boolean {
  if (from === to || to.kind === 'interface') return true
  return (
    from.kind === to.kind && from.elem === to.elem && from.elem !== undefined && !(from.defined && to.defined)
  )
}

function call(
  state: Execution,
  entry: TemplateFunction,
  values: never[],
  node: Node,
  name: string,
  args: readonly Operand[],
  final: Final,
): Value {
  try {
    return entry.body(state.call, ...values)
  } catch (error) {
    return failed(state, error, node, name, args, final)
  }
}

function guarded(
  state: Execution,
  node: Node,
  name: string,
  args: readonly Operand[],
  final: Final,
  run: () => Value,
) {
  try {
    return run()
  } catch (error) {
    return failed(state, error, node, name, args, final)
  }
}

function failed(
  state: Execution,
  error: unknown,
  node: Node,
  name: string,
  args: readonly Operand[],
  final: Final,
): never {
  if (error instanceof TemplateError || isStackOverflow(error)) throw error
  state.node = node
  if (error instanceof LimitError) throw error
  if (!(error instanceof FunctionError)) {
    const reason = error instanceof RangeError ? 'the result is too large' : 'the function failed'
    throw state.failure('error calling %s: %s', [name, reason], { cause: error })
  }
  // With literals only, or one of them for a message, the text repeats nothing but the template.
  const isSafe =
    (final === absent && args.every(isLiteral)) ||
    args.some(arg => arg.kind === 'string' && arg.text === error.message)
  const safe = isSafe ? undefined : `error calling ${name}: ${error.safe}`
  throw state.failure('error calling %s: %s', [name, error.message], { safe })
}

function isLiteral(operand: Operand): boolean {
  return ['function', 'string', 'number', 'bool', 'nil'].includes(operand.kind)
}

/** The builtin `call`: the first value is the function, and `callee` how the template names it, unless it was piped. */
function callValue(state: Execution, callee: string | undefined, values: readonly Value[]): Value {
  const [func, ...args] = values
  if (func === undefined || func === null) throw new FunctionError('call of nil')
  const type = typeOf(func)?.name
  if (!(func instanceof Func)) {
    const shown = callee ?? (typeof func === 'string' ? func : `<${type} Value>`)
    throw new FunctionError(`non-function ${shown} of type ${type}`, `non-function of type ${type}`)
  }
  return callFunc(state, callee ?? `<${type} Value>`, func, args)
}

export function callFunc(state: Execution, name: string, { entry }: Func, args: readonly Value[]): Value {
  const { parameters, rest } = entry
  const wanted = parameters.length
  if (rest === undefined ? args.length !== wanted : args.length < wanted) {
    const want = rest === undefined ? `${wanted}` : `at least ${wanted}`
    throw new FunctionError(`wrong number of args for ${name}: got ${args.length} want ${want}`)
  }
  const values = args.map((arg, i) => {
    const parameter = (parameters[i] ?? rest) as Parameter<unknown>
    return inForm(prepare(arg, parameter.type, `arg ${i}: `), parameter)
  })
  return entry.body(state.call, ...(values as never[]))
}

/** Go's prepareArg: no literals here, but integers convert. */
export function prepare(value: Value, type: GoType, prefix = ''): Value {
  if (type === reflectValueType) return value
  if (value === undefined || value === null) {
    if (!canBeNil(type)) throw new FunctionError(`${prefix}value is nil; should be of type ${type.name}`)
    return zeroOf(type)
  }
  const actual = typeOf(value) as GoType
  if (isAssignable(actual, type)) return value
  const isInteger = isSigned(type.kind) || isUnsigned(type.kind)
  if (value instanceof Int && isInteger) return integer(type, value.value)
  throw new FunctionError(`${prefix}value has type ${actual.name}; should be ${type.name}`)
}
