// YAML text as go.yaml.in/yaml/v2 writes it, which sigs.k8s.io/yaml uses: keys in natural order, lists not indented,
// long plain lines folded behind column 80, quotes where YAML 1.1 would read something else.
import { formatShortest } from '../../format/float.ts'
import type { Call } from '../../function.ts'
import type { JsonNumber, JsonTree } from '../json-tree.ts'
import { compareKeys } from './key-order.ts'
import { isPlainString, numberText } from './scalar.ts'
import { chompHint, chooseStyle, escaped, isBreak, isPrintable, isSimpleKey, type Style } from './style.ts'

const WIDTH = 80
const INDENT = 2

/** The document, ending in a line break. */
export function emitYaml(call: Call, tree: JsonTree): string {
  return new Emitter(call).document(tree)
}

/** Where a node stands. */
type Place = 'root' | 'item' | 'key' | 'value'

/** Writes one document; keeps the column and what was written last, by which Go decides on blanks and breaks. */
class Emitter {
  private readonly call: Call
  private readonly parts: string[] = []
  private column = 0
  private indent = -1
  /** Nothing but blanks and indicators so far on this line. */
  private atIndentation = true
  private afterSpace = true

  constructor(call: Call) {
    this.call = call
  }

  document(tree: JsonTree): string {
    this.node(tree, 'root')
    this.writeIndent()
    return this.parts.join('')
  }

  private put(text: string): void {
    this.parts.push(text)
    this.column += text.length
  }

  private putBreak(text = '\n'): void {
    this.parts.push(text)
    this.column = 0
  }

  private writeIndent(): void {
    const indent = Math.max(0, this.indent)
    const isBehind = this.column > indent || (this.column === indent && !this.afterSpace)
    if (!this.atIndentation || isBehind) this.putBreak()
    if (this.column < indent) this.put(' '.repeat(indent - this.column))
    this.afterSpace = true
    this.atIndentation = true
  }

  private indicator(text: string, options: { space: boolean; indents: boolean }): void {
    if (options.space && !this.afterSpace) this.put(' ')
    this.put(text)
    this.afterSpace = false
    this.atIndentation &&= options.indents
  }

  /** Everything inside stands one level deeper. */
  private indented(body: () => void, isFlat = false): void {
    const before = this.indent
    if (before < 0) this.indent = isFlat ? before : 0
    else if (!isFlat) this.indent = before + INDENT
    body()
    this.indent = before
  }

  private node(tree: JsonTree, place: Place): void {
    this.call.steps(1)
    if (tree === null || typeof tree === 'boolean') this.scalar(`${tree}`, 'plain', place)
    else if (typeof tree === 'string') this.text(tree, place)
    else if (tree.kind === 'number') this.scalar(this.number(tree), 'plain', place)
    else if (tree.kind === 'list') this.list(tree.items, place)
    else this.object(tree.entries)
  }

  private number(number: JsonNumber): string {
    return numberText(number.text) ?? formatShortest(Number(number.text))
  }

  private list(items: readonly JsonTree[], place: Place): void {
    if (items.length === 0) {
      this.indicator('[]', { space: true, indents: false })
      return
    }
    // The list of `key:` starts in the column of the key.
    const isFlat = place === 'value' && !this.atIndentation
    this.indented(() => {
      for (const item of items) {
        this.writeIndent()
        this.indicator('-', { space: true, indents: true })
        this.node(item, 'item')
      }
    }, isFlat)
  }

  private object(entries: readonly (readonly [string, JsonTree])[]): void {
    if (entries.length === 0) {
      this.indicator('{}', { space: true, indents: false })
      return
    }
    const sorted = entries.toSorted(([a], [b]) => compareKeys(a, b))
    this.indented(() => {
      for (const [key, value] of sorted) {
        this.writeIndent()
        if (isSimpleKey(key)) {
          this.text(key, 'key')
          this.indicator(':', { space: false, indents: false })
        } else {
          this.indicator('?', { space: true, indents: true })
          this.text(key, 'value')
          this.writeIndent()
          this.indicator(':', { space: true, indents: true })
        }
        this.node(value, 'value')
      }
    })
  }

  private text(text: string, place: Place): void {
    const wanted = text.includes('\n') ? 'literal' : isPlainString(text) ? 'plain' : 'double'
    this.scalar(text, wanted, place)
  }

  private scalar(text: string, wanted: Style, place: Place): void {
    const characters = Array.from(text)
    this.call.allocate(text.length * 2)
    const style = chooseStyle(characters, wanted, place === 'key')
    const before = this.indent
    this.indent = before < 0 ? INDENT : before + INDENT
    const folds = place !== 'key'
    if (style === 'plain') this.plain(characters, folds)
    else if (style === 'single') this.singleQuoted(characters, folds)
    else if (style === 'double') this.doubleQuoted(characters, folds)
    else this.literal(characters)
    this.indent = before
  }

  private plain(characters: readonly string[], folds: boolean): void {
    if (!this.afterSpace) this.put(' ')
    this.foldable(characters, folds, false)
    this.afterSpace = false
    this.atIndentation = false
  }

  private singleQuoted(characters: readonly string[], folds: boolean): void {
    this.indicator("'", { space: true, indents: false })
    this.foldable(characters, folds, true)
    this.indicator("'", { space: false, indents: false })
  }

  /** Plain and single quoted text: a lone blank behind the width becomes a line break. */
  private foldable(characters: readonly string[], folds: boolean, isQuoted: boolean): void {
    let wasSpace = false
    let wasBreak = false
    for (const [i, character] of characters.entries()) {
      if (character === ' ') {
        const isLone = !wasSpace && characters[i + 1] !== ' '
        const isInside = !isQuoted || (i > 0 && i < characters.length - 1)
        if (folds && isLone && isInside && this.column > WIDTH) this.writeIndent()
        else this.put(character)
        wasSpace = true
      } else if (isBreak(character)) {
        if (!wasBreak && character === '\n') this.putBreak()
        this.putBreak(character)
        this.atIndentation = true
        wasBreak = true
      } else {
        if (wasBreak) this.writeIndent()
        this.put(isQuoted && character === "'" ? "''" : character)
        this.atIndentation = false
        wasSpace = false
        wasBreak = false
      }
    }
  }

  private doubleQuoted(characters: readonly string[], folds: boolean): void {
    this.indicator('"', { space: true, indents: false })
    let wasSpace = false
    // go-yaml looks for a byte order mark at the start whichever character it is at.
    const isMarked = characters[0] === '\ufeff'
    for (const [i, character] of characters.entries()) {
      if (
        isMarked ||
        !isPrintable(character) ||
        isBreak(character) ||
        character === '"' ||
        character === '\\'
      ) {
        this.put(escaped(character))
        wasSpace = false
      } else if (character === ' ') {
        const isInside = i > 0 && i < characters.length - 1
        if (folds && !wasSpace && this.column > WIDTH && isInside) {
          this.writeIndent()
          // A blank at the start of the next line would be lost.
          if (characters[i + 1] === ' ') this.put('\\')
        } else this.put(character)
        wasSpace = true
      } else {
        this.put(character)
        wasSpace = false
      }
    }
    this.indicator('"', { space: false, indents: false })
  }

  private literal(characters: readonly string[]): void {
    const first = characters[0]
    const indentHint = first === ' ' || isBreak(first) ? `${INDENT}` : ''
    this.indicator('|', { space: true, indents: false })
    this.indicator(indentHint + chompHint(characters), { space: false, indents: false })
    this.putBreak()
    this.atIndentation = true
    this.afterSpace = true
    let wasBreak = true
    for (const character of characters) {
      if (isBreak(character)) {
        this.putBreak(character)
        this.atIndentation = true
        wasBreak = true
      } else {
        if (wasBreak) this.writeIndent()
        this.put(character)
        this.atIndentation = false
        wasBreak = false
      }
    }
  }
}
