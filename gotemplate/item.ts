// The items a template's text is cut into, and how messages show them.
import { byteLength } from './bytes.ts'
import { placeOf, type Source } from './error.ts'
import { quote } from './format/quote.ts'
import { definedType, intType, type StructField, stringType, structType } from './type.ts'
import { int, integer, Struct } from './value.ts'

export type ItemType =
  | 'error'
  | 'bool'
  | 'char'
  | 'charConstant'
  | 'complex'
  | 'assign'
  | 'declare'
  | 'eof'
  | 'field'
  | 'identifier'
  | 'leftDelim'
  | 'leftParen'
  | 'number'
  | 'pipe'
  | 'rawString'
  | 'rightDelim'
  | 'rightParen'
  | 'space'
  | 'string'
  | 'text'
  | 'variable'
  | 'dot'
  | Keyword

export type Keyword =
  | 'block'
  | 'break'
  | 'continue'
  | 'define'
  | 'else'
  | 'end'
  | 'if'
  | 'nil'
  | 'range'
  | 'template'
  | 'with'

export interface Item {
  readonly type: ItemType
  readonly start: number
  /** Of an error, its message. */
  readonly value: string
}

export const keywords: ReadonlySet<string> = new Set<Keyword>([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
])

/** As messages show it. */
export function describeItem(item: Item): string {
  if (item.type === 'eof') return 'EOF'
  if (item.type === 'error') return item.value
  if (item.type === 'dot' || keywords.has(item.type)) return `<${item.value}>`
  const characters = [...item.value]
  // Go decides by bytes and cuts by characters.
  if (byteLength(item.value) <= 10) return quote(item.value)
  return `${quote(characters.slice(0, 10).join(''))}...`
}

/** In the order of Go's constants, which only a message with a wrong directive shows. */
const itemNumbers: readonly ItemType[] = [
  'error',
  'bool',
  'char',
  'charConstant',
  'error',
  'complex',
  'assign',
  'declare',
  'eof',
  'field',
  'identifier',
  'leftDelim',
  'leftParen',
  'number',
  'pipe',
  'rawString',
  'rightDelim',
  'rightParen',
  'space',
  'string',
  'text',
  'variable',
  'error',
  'block',
  'break',
  'continue',
  'dot',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
]

const itemType = structType(
  'parse.item',
  [
    { name: 'typ', type: definedType('parse.itemType', intType) },
    { name: 'pos', type: definedType('parse.Pos', intType) },
    { name: 'val', type: stringType },
    { name: 'line', type: intType },
  ],
  { stringer: value => describeItem((value as Struct).native as Item) },
)

/** The item as a Go value, for messages. */
export function itemValue(item: Item, source: Source): Struct {
  const { line } = placeOf(source, item.start)
  const [typ, pos] = itemType.fields as readonly [StructField, StructField]
  const fields = [
    integer(typ.type, BigInt(Math.max(itemNumbers.indexOf(item.type), 0))),
    integer(pos.type, BigInt(byteLength(source.text.slice(0, item.start)))),
    item.value,
    int(line),
  ]
  return new Struct(itemType, fields, item)
}
