// Go's fmt: Sprint, Sprintln and Sprintf over the value model.
import type { Call } from '../function.ts'
import { anyType, bytesType, isSigned } from '../type.ts'
import { Bytes, type Dict, Func, Int, List, Pointer, Struct, Text, typeOf, type Value } from '../value.ts'
import {
  type Flags,
  formatCharacter,
  formatCodePoint,
  formatFloating,
  formatHexText,
  formatInteger,
  formatQuoted,
  formatQuotedCharacter,
  formatText,
  noFlags,
  pad,
} from './flags.ts'
import { formatShortest } from './float.ts'

type Present = Exclude<Value, undefined | null>

/** Printing counts towards the limits of the execution that asks for it. */
export type Charge = Pick<Call, 'steps' | 'allocate'>

/** For text that no execution asks for, such as messages. */
export const uncharged: Charge = { steps: () => {}, allocate: () => {} }

/** fmt.Sprint: a space between operands of which neither is a string. */
export function sprint(charge: Charge, values: readonly Value[]): string {
  if (values.length === 1) return printed(charge, values[0])
  let text = ''
  let previousIsText = false
  values.forEach((value, i) => {
    const isText = typeof value === 'string' || value instanceof Text
    if (i > 0 && !isText && !previousIsText) text += ' '
    const part = printed(charge, value)
    charge.allocate(part.length)
    text += part
    previousIsText = isText
  })
  return text
}

/** fmt.Sprintln. */
export function sprintln(charge: Charge, values: readonly Value[]): string {
  const text = `${values.map(value => printed(charge, value)).join(' ')}\n`
  charge.allocate(text.length)
  return text
}

/** What %v prints; nil of either sort is `<nil>`. */
export function printed(charge: Charge, value: Value): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      return formatShortest(value)
    case 'boolean':
      return value ? 'true' : 'false'
    default:
      if (value instanceof Int && value.type.stringer === undefined) return value.value.toString()
      return new Printer(charge, noFlags()).argument(value, 'v')
  }
}

/** Prints one value with one directive. */
export class Printer {
  private readonly charge: Charge
  private readonly flags: Flags
  /** Inside `%!verb(type=value)`, where String methods are not called. */
  private erroring = false

  constructor(charge: Charge, flags: Flags) {
    this.charge = charge
    this.flags = flags
  }

  /** An operand, as opposed to a part of one. */
  argument(value: Value, verb: string): string {
    const { flags } = this
    if (value === undefined || value === null) {
      return verb === 'T' || verb === 'v' ? pad(flags, '<nil>') : `%!${verb}(<nil>)`
    }
    if (verb === 'T') return formatText(flags, (typeOf(value) ?? anyType).name)
    if (verb === 'p') return this.pointer(value, verb)
    if (value instanceof List && value.type === bytesType) return this.bytes(value, verb, '[]byte', 0)
    return this.methods(value, verb) ?? this.value(value, verb, 0)
  }

  private value(value: Value, verb: string, depth: number): string {
    this.charge.steps(1)
    switch (typeof value) {
      case 'string':
        return this.text(value, value, verb)
      case 'boolean':
        return verb === 't' || verb === 'v' ? pad(this.flags, String(value)) : this.badVerb(value, verb)
      case 'number':
        return 'vbgGxXfFeE'.includes(verb)
          ? formatFloating(this.flags, value, verb)
          : this.badVerb(value, verb)
      case 'undefined':
        return verb === 'v' ? '<nil>' : `%!${verb}(<nil>)`
      default:
        return value === null ? this.nil() : this.boxed(value, verb, depth)
    }
  }

  private nil(): string {
    return this.flags.sharpV ? 'interface {}(nil)' : '<nil>'
  }

  private boxed(
    value: Exclude<Value, string | number | boolean | null | undefined>,
    verb: string,
    depth: number,
  ) {
    if (value instanceof Int) return this.integer(value, verb)
    if (value instanceof Text) return this.text(value, value.value, verb)
    if (value instanceof List) return this.list(value, verb, depth)
    if (value instanceof Struct) return this.struct(value, verb, depth)
    if (value instanceof Pointer) {
      if (depth > 0 || value.target === undefined) return this.pointer(value, verb)
      return `&${this.inner(value.target, verb, depth)}`
    }
    if (value instanceof Func) return this.pointer(value, verb)
    return this.dict(value, verb, depth)
  }

  /** A part of a list, map or struct, whose String method counts. */
  private inner(value: Value, verb: string, depth: number): string {
    return this.methods(value, verb) ?? this.value(value, verb, depth + 1)
  }

  private methods(value: Value, verb: string): string | undefined {
    if (this.erroring || typeof value !== 'object' || value === null) return undefined
    if (this.flags.sharpV || !'vsxXq'.includes(verb))
      return verb === 'w' ? this.badVerb(value, verb) : undefined
    let text: string | undefined
    if (value instanceof Pointer) {
      const stringer = value.type.elem?.stringer ?? value.type.elem?.pointerStringer
      if (stringer !== undefined) {
        if (value.target === undefined) return '<nil>'
        text = stringer(value.target)
      }
    } else text = value.type.stringer?.(value)
    return text === undefined ? undefined : this.text(value, text, verb)
  }

  private text(value: Present, text: string, verb: string): string {
    const { flags } = this
    switch (verb) {
      case 'v':
        return flags.sharpV ? formatQuoted(flags, text) : formatText(flags, text)
      case 's':
        return formatText(flags, text)
      case 'x':
      case 'X':
        return formatHexText(flags, text, verb === 'X')
      case 'q':
        return formatQuoted(flags, text)
      default:
        return this.badVerb(value, verb)
    }
  }

  private integer(value: Int, verb: string): string {
    const { flags } = this
    const number = value.value
    switch (verb) {
      case 'v':
        if (!flags.sharpV || isSigned(value.type.kind)) return formatInteger(flags, number, 10, verb)
        return formatInteger({ ...flags, sharp: true }, number, 16, verb)
      case 'd':
        return formatInteger(flags, number, 10, verb)
      case 'b':
        return formatInteger(flags, number, 2, verb)
      case 'o':
      case 'O':
        return formatInteger(flags, number, 8, verb)
      case 'x':
      case 'X':
        return formatInteger(flags, number, 16, verb)
      case 'c':
        return formatCharacter(flags, number)
      case 'q':
        return formatQuotedCharacter(flags, number)
      case 'U':
        return formatCodePoint(flags, number)
      default:
        return this.badVerb(value, verb)
    }
  }

  private bytes(value: List, verb: string, typeName: string, depth: number): string {
    const { flags } = this
    switch (verb) {
      case 's':
      case 'x':
      case 'X':
      case 'q':
        return this.text(value, value instanceof Bytes ? value.text : '', verb)
      case 'v':
      case 'd': {
        if (flags.sharpV && value.isNil) return `${typeName}(nil)`
        const one = flags.sharpV ? 'v' : 'd'
        this.charge.steps(value.length)
        return this.sequence(value.items(), flags.sharpV ? `${typeName}{` : '[', item =>
          this.integer(item as Int, one),
        )
      }
      default:
        return this.elements(value, verb, depth)
    }
  }

  private list(value: List, verb: string, depth: number): string {
    if (value.type.elem?.kind === 'uint8' && 'sqxX'.includes(verb))
      return this.bytes(value, verb, value.type.name, depth)
    return this.elements(value, verb, depth)
  }

  private elements(value: List, verb: string, depth: number): string {
    const { sharpV } = this.flags
    if (sharpV && value.isNil) return `${value.type.name}(nil)`
    return this.sequence(value.items(), sharpV ? `${value.type.name}{` : '[', item =>
      this.inner(item, verb, depth),
    )
  }

  private dict(value: Dict, verb: string, depth: number): string {
    const { sharpV } = this.flags
    if (sharpV && value.isNil) return `${value.type.name}(nil)`
    return this.sequence(value.sortedKeys(), sharpV ? `${value.type.name}{` : 'map[', key => {
      return `${this.inner(key, verb, depth)}:${this.inner(value.get(key), verb, depth)}`
    })
  }

  private struct(value: Struct, verb: string, depth: number): string {
    const { sharpV, plusV } = this.flags
    const fields = value.type.fields ?? []
    const named = sharpV || plusV
    let at = 0
    return this.sequence(value.fields, sharpV ? `${value.type.name}{` : '{', item => {
      const name = named ? `${fields[at]?.name ?? ''}:` : ''
      at++
      return name + this.inner(item, verb, depth)
    })
  }

  private sequence<T>(items: readonly T[], open: string, print: (item: T) => string): string {
    const separator = this.flags.sharpV ? ', ' : ' '
    let text = open
    let first = true
    for (const item of items) {
      if (!first) text += separator
      first = false
      const part = print(item)
      this.charge.allocate(part.length + 1)
      text += part
    }
    return text + (open.endsWith('[') ? ']' : '}')
  }

  /** Addresses mean nothing here: what is not nil prints as one made up. */
  private pointer(value: Present, verb: string): string {
    const { flags } = this
    const isNil = (value instanceof Pointer && value.target === undefined) || isNilContainer(value)
    if (!(value instanceof Pointer || value instanceof Func || isContainer(value)))
      return this.badVerb(value, verb)
    const address = isNil ? 0n : 0xc000012345n
    if (verb === 'v') {
      if (flags.sharpV) return `(${value.type.name})(${isNil ? 'nil' : `0x${address.toString(16)}`})`
      if (isNil) return pad(flags, '<nil>')
    }
    if (verb === 'v' || verb === 'p')
      return formatInteger({ ...flags, sharp: !flags.sharp }, address, 16, 'v')
    const base = ({ b: 2, o: 8, d: 10, x: 16, X: 16 } as const)[verb]
    return base === undefined ? this.badVerb(value, verb) : formatInteger(flags, address, base, verb)
  }

  private badVerb(value: Present, verb: string): string {
    const was = this.erroring
    this.erroring = true
    const text = `%!${verb}(${(typeOf(value) ?? anyType).name}=${this.argument(value, 'v')})`
    this.erroring = was
    return text
  }
}

function isContainer(value: Value): value is List | Dict {
  return (
    typeof value === 'object' && value !== null && (value.type.kind === 'slice' || value.type.kind === 'map')
  )
}

function isNilContainer(value: Value): boolean {
  return isContainer(value) && value.isNil
}
