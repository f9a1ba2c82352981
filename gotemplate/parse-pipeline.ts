// Pipelines, commands and operands: what stands inside an action. Functions must be known, variables declared.
import type { Source } from './error.ts'
import { unquote, unquoteCharacter } from './format/quote.ts'
import type { FunctionMap, TemplateFunction } from './function.ts'
import type { Item } from './item.ts'
import { ItemStream } from './item-stream.ts'
import {
  type CommandNode,
  type NumberNode,
  type Operand,
  type PipeNode,
  printNode,
  type VariableNode,
} from './node.ts'
import { parseFloat64, parseInt64, parseUint } from './number.ts'
import { int, type Value } from './value.ts'

/** The functions a template may call, and Go's own that stand behind them. */
export interface Functions {
  readonly given: FunctionMap
  readonly builtin: FunctionMap
}

function findFunction({ given, builtin }: Functions, name: string): TemplateFunction | undefined {
  return given.get(name) ?? builtin.get(name)
}

export class PipelineParser extends ItemStream {
  private readonly functions: Functions
  protected variables: string[] = ['$']

  constructor(source: Source, functions: Functions) {
    // A function of that name takes the keyword's place.
    super(source, new Set(['break', 'continue'].filter(name => findFunction(functions, name) !== undefined)))
    this.functions = functions
  }

  protected pipeline(context: string, end: 'rightDelim' | 'rightParen'): PipeNode {
    const { start } = this.peekNonSpace()
    const decl: VariableNode[] = []
    const isAssign = this.declarations(decl, context)
    const commands: CommandNode[] = []
    for (;;) {
      const item = this.nextNonSpace()
      switch (item.type) {
        case 'rightDelim':
        case 'rightParen':
          if (item.type !== end) return this.unexpected(item, context)
          this.checkPipeline(commands, context)
          return { kind: 'pipe', start, isAssign, decl, commands }
        case 'bool':
        case 'charConstant':
        case 'complex':
        case 'dot':
        case 'field':
        case 'identifier':
        case 'number':
        case 'nil':
        case 'rawString':
        case 'string':
        case 'variable':
        case 'leftParen':
          this.backup()
          commands.push(this.command())
          break
        default:
          return this.unexpected(item, context)
      }
    }
  }

  /** `$x :=`, `$x =`, and in a range `$i, $x :=`; gives whether it is an assignment. */
  private declarations(decl: VariableNode[], context: string): boolean {
    for (;;) {
      const variable = this.peekNonSpace()
      if (variable.type !== 'variable') return false
      this.next()
      const adjacent = this.peek()
      const item = this.peekNonSpace()
      const isComma = item.type === 'char' && item.value === ','
      if (item.type !== 'assign' && item.type !== 'declare' && !isComma) {
        // An operand after all.
        if (adjacent.type === 'space') this.backup3(variable, adjacent)
        else this.backup2(variable)
        return false
      }
      this.nextNonSpace()
      decl.push(variableNode(variable))
      this.variables.push(variable.value)
      if (!isComma) return item.type === 'assign'
      if (context !== 'range' || decl.length >= 2) this.fail('too many declarations in %s', context)
      if (!['variable', 'rightDelim', 'rightParen'].includes(this.peekNonSpace().type)) {
        this.fail('range can only initialize variables')
      }
    }
  }

  private checkPipeline(commands: readonly CommandNode[], context: string): void {
    if (commands.length === 0) this.fail('missing value for %s', context)
    commands.forEach((command, i) => {
      if (i > 0 && ['bool', 'dot', 'nil', 'number', 'string'].includes(command.args[0]?.kind ?? '')) {
        this.fail('non executable command in pipeline stage %d', int(i + 1))
      }
    })
  }

  private command(): CommandNode {
    const { start } = this.peekNonSpace()
    const args: Operand[] = []
    for (;;) {
      this.peekNonSpace()
      const operand = this.operand()
      if (operand !== undefined) args.push(operand)
      const item = this.next()
      if (item.type === 'space') continue
      if (item.type === 'rightDelim' || item.type === 'rightParen') this.backup()
      else if (item.type !== 'pipe') this.unexpected(item, 'operand')
      break
    }
    if (args.length === 0) this.fail('empty command')
    return { kind: 'command', start, args }
  }

  private operand(): Operand | undefined {
    const term = this.term()
    if (term === undefined || this.peek().type !== 'field') return term
    const { start } = this.peek()
    const path: string[] = []
    while (this.peek().type === 'field') path.push(this.next().value.slice(1))
    switch (term.kind) {
      case 'field':
      case 'variable':
        return { ...term, start, path: [...term.path, ...path] }
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.fail('unexpected . after term %q', printNode(term))
      default:
        return { kind: 'chain', start, operand: term, path }
    }
  }

  private term(): Operand | undefined {
    const item = this.nextNonSpace()
    const { start, value } = item
    switch (item.type) {
      case 'identifier':
        return this.functionNode(item)
      case 'dot':
      case 'nil':
        return { kind: item.type, start }
      case 'variable':
        if (!this.variables.includes(value)) this.fail('undefined variable %q', value)
        return variableNode(item)
      case 'field':
        return { kind: 'field', start, path: [value.slice(1)] }
      case 'bool':
        return { kind: 'bool', start, value: value === 'true' }
      case 'charConstant':
      case 'complex':
      case 'number':
        return this.numberNode(item)
      case 'leftParen': {
        this.deeper()
        const pipe = this.pipeline('parenthesized pipeline', 'rightParen')
        this.nesting--
        return pipe
      }
      case 'string':
      case 'rawString':
        return { kind: 'string', start, quoted: value, text: unquote(value) ?? this.fail('invalid syntax') }
      default:
        this.backup()
        return undefined
    }
  }

  private functionNode({ value: name, start }: Item): Operand {
    const entry = findFunction(this.functions, name)
    if (entry === undefined) return this.fail('function %q not defined', name)
    const isSpecial = !this.functions.given.has(name) && (name === 'and' || name === 'or' || name === 'call')
    return { kind: 'function', start, name, entry, special: isSpecial ? name : undefined }
  }

  private numberNode({ type, value: text, start }: Item): NumberNode {
    if (type === 'charConstant') {
      const character = unquoteCharacter(text, 1, "'") ?? this.fail('invalid syntax')
      if (text.slice(character.end) !== "'") this.fail('malformed character constant: %s', text)
      const value = BigInt(character.rune)
      return {
        kind: 'number',
        start,
        text,
        int: value,
        uint: value,
        float: character.rune,
        ideal: int(value),
      }
    }
    if (text.endsWith('i')) this.fail('complex constants are not supported: %s', text)
    const integer = parseInt64(text)
    const unsigned = parseUint(text) ?? (integer === 0n ? 0n : undefined)
    if (integer !== undefined || unsigned !== undefined) {
      const ideal = integer === undefined ? undefined : int(integer)
      const float = Number(integer ?? unsigned)
      return { kind: 'number', start, text, int: integer, uint: unsigned, float, ideal }
    }
    const float = parseFloat64(text)
    if (float === undefined) return this.fail('illegal number syntax: %q', text)
    if (!/[.eEpP]/.test(text)) this.fail('integer overflow: %q', text)
    const whole = Number.isInteger(float) ? BigInt(float) : undefined
    return {
      kind: 'number',
      start,
      text,
      int: whole !== undefined && BigInt.asIntN(64, whole) === whole ? whole : undefined,
      uint: whole !== undefined && BigInt.asUintN(64, whole) === whole ? whole : undefined,
      float,
      ideal: idealFloat(text, float),
    }
  }
}

/** A hexadecimal integer that only a float could hold stays one that overflows int. */
function idealFloat(text: string, float: number): Value {
  return /^0[xX][^pP]*$/.test(text) ? undefined : float
}

function variableNode({ start, value }: Item): VariableNode {
  return { kind: 'variable', start, name: value, path: [] }
}
