// Items to trees: text, control structures and definitions. Go's grammar, Go's messages.
import type { Source } from './error.ts'
import { unquote } from './format/quote.ts'
import type { Item } from './item.ts'
import type { BranchNode, ListNode, PipeNode, Statement, TemplateNode } from './node.ts'
import { type Functions, PipelineParser } from './parse-pipeline.ts'
import { isSpace } from './unicode.ts'

/** A named tree: the template itself, or what `define` and `block` make. */
export interface Definition {
  readonly name: string
  readonly root: ListNode
  readonly source: Source
}

/** All templates of the text by name. Throws TemplateError. */
export function parse(source: Source, functions: Functions): Map<string, Definition> {
  const parser = new Parser(source, functions)
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

class Parser extends PipelineParser {
  private readonly definitions = new Map<string, Definition>()
  private rangeDepth = 0

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
}

function isEmptyList(list: ListNode): boolean {
  return list.every(
    node => node.kind === 'text' && [...node.text].every(c => isSpace(c.codePointAt(0) as number)),
  )
}
