// The tree of a parsed template. Immutable once parsed; names of functions and values of constants are resolved.
import { quote } from './format/quote.ts'
import type { TemplateFunction } from './function.ts'
import type { Value } from './value.ts'

interface At {
  /** Index into the source's text. */
  readonly start: number
}

export interface TextNode extends At {
  readonly kind: 'text'
  readonly text: string
}

export interface ActionNode extends At {
  readonly kind: 'action'
  readonly pipe: PipeNode
}

export interface BranchNode extends At {
  readonly kind: 'if' | 'with' | 'range'
  readonly pipe: PipeNode
  readonly list: ListNode
  readonly elseList: ListNode | undefined
}

export interface TemplateNode extends At {
  readonly kind: 'template'
  readonly name: string
  readonly pipe: PipeNode | undefined
}

export interface JumpNode extends At {
  readonly kind: 'break' | 'continue'
}

/** What stands in a list, between {{ and }} or outside. */
export type Statement = TextNode | ActionNode | BranchNode | TemplateNode | JumpNode

export type ListNode = readonly Statement[]

export interface PipeNode extends At {
  readonly kind: 'pipe'
  readonly isAssign: boolean
  readonly decl: readonly VariableNode[]
  readonly commands: readonly CommandNode[]
}

export interface CommandNode extends At {
  readonly kind: 'command'
  /** At least one. */
  readonly args: readonly Operand[]
}

export interface FieldNode extends At {
  readonly kind: 'field'
  readonly path: readonly string[]
}

export interface VariableNode extends At {
  readonly kind: 'variable'
  /** With its dollar sign. */
  readonly name: string
  readonly path: readonly string[]
}

export interface ChainNode extends At {
  readonly kind: 'chain'
  readonly operand: Operand
  readonly path: readonly string[]
}

export interface FunctionNode extends At {
  readonly kind: 'function'
  readonly name: string
  readonly entry: TemplateFunction
  /** Of the engine's own functions, the three that are no ordinary call. */
  readonly special: 'and' | 'or' | 'call' | undefined
}

export interface NumberNode extends At {
  readonly kind: 'number'
  readonly text: string
  /** The value under every type that can represent it. */
  readonly int: bigint | undefined
  readonly uint: bigint | undefined
  readonly float: number | undefined
  /** What it is without a context that wants a type; undefined if it overflows int. */
  readonly ideal: Value
}

export interface StringNode extends At {
  readonly kind: 'string'
  readonly quoted: string
  readonly text: string
}

export interface BoolNode extends At {
  readonly kind: 'bool'
  readonly value: boolean
}

export interface DotNode extends At {
  readonly kind: 'dot'
}

export interface NilNode extends At {
  readonly kind: 'nil'
}

export type Operand =
  | FieldNode
  | VariableNode
  | ChainNode
  | FunctionNode
  | PipeNode
  | NumberNode
  | StringNode
  | BoolNode
  | DotNode
  | NilNode

export type Node = Statement | CommandNode | Operand

/** The source of a node again, in the one spelling that Go's messages use. */
export function printNode(node: Node): string {
  switch (node.kind) {
    case 'text':
      return node.text
    case 'action':
      return `{{${printNode(node.pipe)}}}`
    case 'if':
    case 'with':
    case 'range': {
      const otherwise = node.elseList === undefined ? '' : `{{else}}${printList(node.elseList)}`
      return `{{${node.kind} ${printNode(node.pipe)}}}${printList(node.list)}${otherwise}{{end}}`
    }
    case 'template':
      return `{{template ${quote(node.name)}${node.pipe === undefined ? '' : ` ${printNode(node.pipe)}`}}}`
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`
    case 'pipe': {
      const decl = node.decl.map(printNode).join(', ')
      const commands = node.commands.map(printNode).join(' | ')
      return decl === '' ? commands : `${decl} ${node.isAssign ? '=' : ':='} ${commands}`
    }
    case 'command':
      return node.args.map(printOperand).join(' ')
    case 'field':
      return `.${node.path.join('.')}`
    case 'variable':
      return [node.name, ...node.path].join('.')
    case 'chain':
      return `${printOperand(node.operand)}.${node.path.join('.')}`
    case 'function':
      return node.name
    case 'number':
      return node.text
    case 'string':
      return node.quoted
    case 'bool':
      return String(node.value)
    case 'dot':
      return '.'
    case 'nil':
      return 'nil'
  }
}

function printOperand(operand: Operand): string {
  return operand.kind === 'pipe' ? `(${printNode(operand)})` : printNode(operand)
}

function printList(list: ListNode): string {
  return list.map(printNode).join('')
}
