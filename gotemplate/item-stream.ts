// The items of a template one by one, with lookahead, and the errors that name the line they stand on.
import { placeOf, type Source, TemplateError } from './error.ts'
import { uncharged } from './format/print.ts'
import { sprintf } from './format/printf.ts'
import { type Item, type ItemType, itemValue } from './item.ts'
import { Lexer } from './lex.ts'
import type { Value } from './value.ts'

/** Parentheses and blocks inside each other; Go allows 10,000 of the one and any number of the other. */
const maxNesting = 1000

export class ItemStream {
  protected readonly source: Source
  private readonly lexer: Lexer
  /** Three items of lookahead, the newest first; `pending` of them are to be read again. */
  private readonly items: [Item, Item, Item]
  private pending = 0
  /** Where the action under way began. */
  protected actionStart: number | undefined
  protected nesting = 0

  constructor(source: Source, keywordsOff: ReadonlySet<string>) {
    this.source = source
    this.lexer = new Lexer(source.text, keywordsOff)
    const none: Item = { type: 'eof', start: 0, value: 'EOF' }
    this.items = [none, none, none]
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

  protected next(): Item {
    if (this.pending > 0) this.pending--
    else this.items[0] = this.lexer.nextItem()
    return this.items[this.pending] as Item
  }

  protected backup(): void {
    this.pending++
  }

  protected backup2(earlier: Item): void {
    this.items[1] = earlier
    this.pending = 2
  }

  protected backup3(earliest: Item, earlier: Item): void {
    this.items[1] = earlier
    this.items[2] = earliest
    this.pending = 3
  }

  protected peek(): Item {
    const item = this.next()
    this.backup()
    return item
  }

  protected nextNonSpace(): Item {
    let item = this.next()
    while (item.type === 'space') item = this.next()
    return item
  }

  protected peekNonSpace(): Item {
    const item = this.nextNonSpace()
    this.backup()
    return item
  }

  protected expect(type: ItemType, context: string): Item {
    const item = this.nextNonSpace()
    return item.type === type ? item : this.unexpected(item, context)
  }

  protected unexpected(item: Item, context: string): never {
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

  protected deeper(): void {
    if (++this.nesting > maxNesting) this.fail('max expression depth exceeded')
  }
}
