// Items to trees: Go's grammar, Go's messages. Functions must be known, variables declared.
import { placeOf, type Source, TemplateError } from './error.ts'
import { uncharged } from './format/print.ts'
import { sprintf } from './format/printf.ts'
import { unquote, unquoteCharacter } from './format/quote.ts'
import type { FunctionMap } from './function.ts'
import { type Item, type ItemType, itemValue, Lexer } from './lex.ts'
import {
  type BranchNode,
  type CommandNode,
  type ListNode,
  type NumberNode,
  type Operand,
  type PipeNode,
  printNode,
  type Statement,
  type TemplateNode,
  type VariableNode,
} from './node.ts'
import { parseFloat64, parseInt64, parseUint } from './number.ts'
import { isSpace } from './unicode.ts'
import { int, type Value } from './value.ts'

/** A named tree: the template itself, or what `define` and `block` make. */
export interface Definition {
  readonly name: string
  readonly root: ListNode
  readonly source: Source
}

/** Parentheses and blocks inside each other; Go allows 10,000 of the one and any number of the other. */
const maxNesting = 1000

/** All templates of the text by name. Throws TemplateError. */
export function parse(
  source: Source,
  functions: FunctionMap,
  builtins: FunctionMap,
): Map<string, Definition> {
  const parser = new Parser(source, functions, builtins)
  try {
    return parser.parse()
  } catch (error) {
    // A caller deep in its own stack leaves less room than the nesting limit assumes.
    if (error instanceof RangeError) return parser.fail('max expression depth exceeded')
    throw error
  }
}

/** Where a list ended: `{{end}}`, or `{{else}}` with what follows it. */
type Closing = 'end' | 'else'

class Parser {
  private readonly source: Source
  private readonly functions: FunctionMap
  private readonly builtins: FunctionMap
  private readonly lexer: Lexer
  private readonly definitions = new Map<string, Definition>()
  /** Three items of lookahead, the newest first; `pending` of them are to be read again. */
  private readonly items: [Item, Item, Item]
  private pending = 0
  private variables: string[] = ['$']
  private actionStart: number | undefined
  private rangeDepth = 0
  private nesting = 0

  constructor(source: Source, functions: FunctionMap, builtins: FunctionMap) {
    this.source = source
    this.functions = functions
    this.builtins = builtins
    this.lexer = new Lexer(
      source.text,
      new Set(['break', 'continue'].filter(name => this.findFunction(name))),
    )
    const none: Item = { type: 'eof', start: 0, value: 'EOF' }
    this.items = [none, none, none]
  }

  parse(): Map<string, Definition> {
    const root: Statement[] = []
    while (this.peek().type !== 'eof') {
      if (this.peek().type === 'leftDelim') {
        const delim = this.next()
        if (this.nextNonSpace().type === 'define') {
          this.inOwnTree(() => this.definition())
          continue
        }
        this.backup2(delim)
      }
      const closing = this.textOrAction(root)
      if (closing !== undefined) this.fail('unexpected {{%s}}', closing)
    }
    this.add(this.source.name, root)
    return this.definitions
  }

  /** `format` and `args` as in Go, which takes a percent sign of the template's name for a directive too. */
  fail(format: string, ...args: Value[]): never {
    const { name } = this.source
    const place = placeOf(this.source, this.items[0].start)
    const message = sprintf(uncharged, `template: ${name}:${place.line}: ${format}`, args)
    throw new TemplateError(message, {
      reason: 'parse',
      template: name,
      detail: sprintf(uncharged, format, args),
      place: { ...place, column: undefined },
    })
  }

  private next(): Item {
    if (this.pending > 0) this.pending--
    else this.items[0] = this.lexer.nextItem()
    return this.items[this.pending] as Item
  }

  private backup(): void {
    this.pending++
  }

  private backup2(earlier: Item): void {
    this.items[1] = earlier
    this.pending = 2
  }

  private backup3(earliest: Item, earlier: Item): void {
    this.items[1] = earlier
    this.items[2] = earliest
    this.pending = 3
  }

  private peek(): Item {
    const item = this.next()
    this.backup()
    return item
  }

  private nextNonSpace(): Item {
    let item = this.next()
    while (item.type === 'space') item = this.next()
    return item
  }

  private peekNonSpace(): Item {
    const item = this.nextNonSpace()
    this.backup()
    return item
  }

  private expect(type: ItemType, context: string): Item {
    const item = this.nextNonSpace()
    return item.type === type ? item : this.unexpected(item, context)
  }

  private unexpected(item: Item, context: string): never {
    if (item.type !== 'error') return this.fail('unexpected %s in %s', itemValue(item, this.source), context)
    let extra = ''
    if (this.actionStart !== undefined) {
      const started = placeOf(this.source, this.actionStart).line
      if (started !== placeOf(this.source, item.start).line) {
        extra = ` in action started at ${this.source.name}:${started}`
        if (item.value.endsWith(' action')) extra = extra.slice(' in action'.length)
      }
    }
    return this.fail('%s%s', itemValue(item, this.source), extra)
  }

  private add(name: string, root: ListNode): void {
    const known = this.definitions.get(name)
    if (known === undefined || isEmptyList(known.root)) {
      this.definitions.set(name, { name, root, source: this.source })
    } else if (!isEmptyList(root)) {
      this.fail('template: multiple definition of template %q', name)
    }
  }

  /** A template inside sees no variables and no range of the one around it. */
  private inOwnTree(parse: () => void): void {
    const { variables, rangeDepth, actionStart } = this
    this.variables = ['$']
    this.rangeDepth = 0
    this.actionStart = undefined
    parse()
    this.variables = variables
    this.rangeDepth = rangeDepth
    this.actionStart = actionStart
  }

  private definition(): void {
    const context = 'define clause'
    const item = this.nextNonSpace()
    const name = this.templateName(item, context)
    this.expect('rightDelim', context)
    this.closedList(name, context)
  }

  private closedList(name: string, context: string): void {
    const root: Statement[] = []
    const closing = this.itemList(root)
    if (closing !== 'end') this.fail('unexpected {{%s}} in %s', closing, context)
    this.add(name, root)
  }

  private templateName(item: Item, context: string): string {
    if (item.type !== 'string' && item.type !== 'rawString') return this.unexpected(item, context)
    return unquote(item.value) ?? this.fail('invalid syntax')
  }

  private itemList(list: Statement[]): Closing {
    while (this.peekNonSpace().type !== 'eof') {
      const closing = this.textOrAction(list)
      if (closing !== undefined) return closing
    }
    return this.fail('unexpected EOF')
  }

  private textOrAction(list: Statement[]): Closing | undefined {
    const item = this.nextNonSpace()
    if (item.type === 'text') {
      list.push({ kind: 'text', start: item.start, text: item.value })
      return undefined
    }
    if (item.type !== 'leftDelim') return this.unexpected(item, 'input')
    this.actionStart = item.start
    const closing = this.action(list)
    this.actionStart = undefined
    return closing
  }

  private action(list: Statement[]): Closing | undefined {
    const item = this.nextNonSpace()
    switch (item.type) {
      case 'block':
        list.push(this.block())
        return undefined
      case 'break':
      case 'continue':
        list.push(this.jump(item, item.type))
        return undefined
      case 'else':
        // `else if` and `else with` leave the keyword to the block they close.
        if (!['if', 'with'].includes(this.peekNonSpace().type)) this.expect('rightDelim', 'else')
        return 'else'
      case 'end':
        this.expect('rightDelim', 'end')
        return 'end'
      case 'if':
      case 'with':
      case 'range':
        list.push(this.control(item.type))
        return undefined
      case 'template':
        list.push(this.template())
        return undefined
      default:
        this.backup()
        list.push({ kind: 'action', start: this.peek().start, pipe: this.pipeline('command', 'rightDelim') })
        return undefined
    }
  }

  private jump(item: Item, kind: 'break' | 'continue'): Statement {
    const after = this.nextNonSpace()
    if (after.type !== 'rightDelim') this.unexpected(after, `{{${kind}}}`)
    if (this.rangeDepth === 0) this.fail('{{%s}} outside {{range}}', kind)
    return { kind, start: item.start }
  }

  private deeper(): void {
    if (++this.nesting > maxNesting) this.fail('max expression depth exceeded')
  }

  private control(kind: BranchNode['kind']): BranchNode {
    this.deeper()
    const mark = this.variables.length
    const pipe = this.pipeline(kind, 'rightDelim')
    const list: Statement[] = []
    let elseList: Statement[] | undefined
    if (kind === 'range') this.rangeDepth++
    const closing = this.itemList(list)
    if (kind === 'range') this.rangeDepth--
    if (closing === 'else') {
      elseList = []
      // {{else if x}} is {{else}}{{if x}} that shares the {{end}}.
      if (kind !== 'range' && this.peek().type === kind) {
        this.next()
        elseList.push(this.control(kind))
      } else if (this.itemList(elseList) === 'else') this.fail('expected end; found {{else}}')
    }
    this.variables.length = mark
    this.nesting--
    return { kind, start: pipe.start, pipe, list, elseList }
  }

  private block(): TemplateNode {
    const context = 'block clause'
    const item = this.nextNonSpace()
    const name = this.templateName(item, context)
    const pipe = this.pipeline(context, 'rightDelim')
    this.deeper()
    this.inOwnTree(() => this.closedList(name, context))
    this.nesting--
    return { kind: 'template', start: item.start, name, pipe }
  }

  private template(): TemplateNode {
    const context = 'template clause'
    const item = this.nextNonSpace()
    const name = this.templateName(item, context)
    let pipe: PipeNode | undefined
    if (this.nextNonSpace().type !== 'rightDelim') {
      this.backup()
      pipe = this.pipeline(context, 'rightDelim')
    }
    return { kind: 'template', start: item.start, name, pipe }
  }

  private pipeline(context: string, end: 'rightDelim' | 'rightParen'): PipeNode {
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

  private findFunction(name: string) {
    return this.functions.get(name) ?? this.builtins.get(name)
  }

  private functionNode({ value: name, start }: Item): Operand {
    const entry = this.findFunction(name)
    if (entry === undefined) return this.fail('function %q not defined', name)
    const isSpecial = !this.functions.has(name) && (name === 'and' || name === 'or' || name === 'call')
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

function isEmptyList(list: ListNode): boolean {
  return list.every(
    node => node.kind === 'text' && [...node.text].every(c => isSpace(c.codePointAt(0) as number)),
  )
}
