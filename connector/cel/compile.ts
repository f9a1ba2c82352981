// Turns what the parser read into steps that pay for their work. What is not known here is refused: it has no price.
import type { ASTNode } from '@marcbachmann/cel-js'
import { comprehensions, overItems } from './comprehension.ts'
import { logical, ternary, truth } from './condition.ts'
import { type Frame, inner, type Step } from './frame.ts'
import { type CelFunction, functionNamed, methodNamed } from './functions.ts'
import { typeNamed, typeNames } from './library.ts'
import { Fault } from './meter.ts'
import { binaryOperators, inRange } from './operators.ts'
import { compilePattern } from './pattern.ts'
import { index, isMap, select } from './value.ts'

/** The names that an expression may use. */
export type Names = {
  readonly variables: readonly string[]
  /** Those of the macros around, innermost last. */
  readonly locals: readonly string[]
}

/** Throws an Error for what cannot be evaluated. */
export function compile(node: ASTNode, names: Names): Step {
  const step = compileOperation(node, names)
  return frame => {
    frame.spend(1)
    return step(frame)
  }
}

function compileOperation(node: ASTNode, names: Names): Step {
  switch (node.op) {
    case 'value': {
      const { args: value } = node
      return () => value
    }
    case 'id':
      return compileName(node.args, names)
    case '.': {
      const [map, key] = [compile(node.args[0], names), node.args[1]]
      return frame => select(map(frame), key)
    }
    case '[]': {
      const [container, at] = [compile(node.args[0], names), compile(node.args[1], names)]
      return frame => index(container(frame), at(frame))
    }
    case 'call':
      return compileCall(node.args[0], node.args[1], names)
    case 'rcall':
      return compileMethod(node.args[0], [node.args[1], ...node.args[2]], names)
    case 'list': {
      const items = node.args.map(item => compile(item, names))
      return frame => items.map(item => item(frame))
    }
    case 'map':
      return compileMap(node.args, names)
    case '?:': {
      const [condition, then, otherwise] = node.args
      return ternary(compile(condition, names), compile(then, names), compile(otherwise, names))
    }
    case '&&':
    case '||':
      return logical(node.op === '||', compile(node.args[0], names), compile(node.args[1], names))
    case '!_': {
      const operand = compile(node.args, names)
      return frame => !truth(operand(frame))
    }
    case '-_':
      return compileMinus(node.args, names)
    default:
      return compileBinary(node, names)
  }
}

function compileName(name: string, { variables, locals }: Names): Step {
  const at = locals.lastIndexOf(name)
  if (at >= 0) {
    const hops = locals.length - 1 - at
    return frame => {
      let holder = frame
      for (let hop = 0; hop < hops && holder.outer; hop++) holder = holder.outer
      return holder.value
    }
  }
  if (variables.includes(name)) {
    return ({ variables }) => {
      const value = variables[name]
      if (value === undefined) throw new Fault(`"${name}" has no value`)
      return value
    }
  }
  if (!typeNames.has(name)) throw new Error(`there is no variable "${name}"`)
  const type = typeNamed(name)
  return () => type
}

function compileCall(name: string, args: readonly ASTNode[], names: Names): Step {
  const [field] = args
  if (name === 'has' && field?.op === '.') {
    const [map, key] = [compile(field.args[0], names), field.args[1]]
    return frame => {
      const value = map(frame)
      return isMap(value) && Object.hasOwn(value, key)
    }
  }
  return applied(functionNamed(name, args.length), name, args, names)
}

/** The receiver is the first argument. */
function compileMethod(name: string, args: readonly [ASTNode, ...ASTNode[]], names: Names): Step {
  const [receiver, first, second, third] = args
  if (name === 'bind' && receiver.op === 'id' && receiver.args === 'cel' && second && third)
    return compileBind(first, second, { body: third, names })
  const comprehension = comprehensions[`${name}/${args.length - 1}`]
  if (comprehension && second) {
    const inside = withLocal(first, names)
    const step = compile(second, inside)
    const run = comprehension(step, third ? compile(third, inside) : step)
    return overItems(compile(receiver, names), run)
  }
  if (name === 'matches' && first) {
    if (first.op !== 'value' || typeof first.args !== 'string')
      throw new Error('the pattern of matches is not written out as a string')
    const [text, isMatch] = [compile(receiver, names), compilePattern(first.args)]
    return frame => isMatch(frame.spend, text(frame))
  }
  return applied(methodNamed(name, args.length - 1), name, args, names)
}

function withLocal(variable: ASTNode | undefined, { variables, locals }: Names): Names {
  if (variable?.op !== 'id') throw new Error('the first argument of a macro is not a name')
  return { variables, locals: [...locals, variable.args] }
}

function compileBind(
  variable: ASTNode | undefined,
  value: ASTNode,
  { body, names }: { readonly body: ASTNode; readonly names: Names },
): Step {
  const [given, result] = [compile(value, names), compile(body, withLocal(variable, names))]
  return frame => {
    const within: Frame = inner(frame)
    within.value = given(frame)
    return result(within)
  }
}

function applied(
  callee: CelFunction | undefined,
  name: string,
  args: readonly ASTNode[],
  names: Names,
): Step {
  if (!callee) throw new Error(`there is no function ${name} with that many arguments`)
  const steps = args.map(arg => compile(arg, names))
  return frame =>
    callee(
      frame.spend,
      steps.map(step => step(frame)),
    )
}

function compileMap(entries: readonly (readonly [ASTNode, ASTNode])[], names: Names): Step {
  const steps = entries.map(([key, value]) => [compile(key, names), compile(value, names)] as const)
  return frame => {
    const map = new Map<string, unknown>()
    for (const [key, value] of steps) {
      const name = key(frame)
      if (typeof name !== 'string') throw new Fault('the key of a map is not a string')
      if (map.has(name)) throw new Fault('a map has a key twice')
      map.set(name, value(frame))
    }
    return Object.fromEntries(map)
  }
}

function compileMinus(operand: ASTNode, names: Names): Step {
  const step = compile(operand, names)
  return frame => {
    const value = step(frame)
    if (typeof value === 'bigint') return inRange(-value)
    if (typeof value === 'number') return -value
    throw new Fault('- does not take this value')
  }
}

function compileBinary(node: ASTNode, names: Names): Step {
  const operator = binaryOperators[node.op]
  const [left, right] = node.args as readonly ASTNode[]
  if (!operator || !left || !right) throw new Error(`there is no operator ${node.op}`)
  const [first, second] = [compile(left, names), compile(right, names)]
  return frame => operator(frame.spend, first(frame), second(frame))
}
