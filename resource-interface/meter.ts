// Rewrites WebAssembly so that each turn of a loop takes from a fuel gauge, and asks the host when it is empty.
// An engine looks at the clock between its instructions only: a single search in a long string can take hours.

export type Metered = {
  readonly wasm: Uint8Array<ArrayBuffer>
  /** The import, a function without parameters and results, that is called with an empty gauge. */
  readonly gauge: { readonly module: string; readonly name: string }
}

/** Names of the exports that are added: the gauge, and the pointer to the engine's stack. */
export const fuelExport = 'fuel'
export const stackExport = 'stack'

const section = { type: 1, import: 2, global: 6, export: 7, code: 10 }
/** Copying or filling 64 bytes costs as much as a turn; as a power of two. */
const bulkShift = 6

/** Takes an import that is otherwise hardly used for its question: a new one would shift all functions. */
export function meter(wasm: Uint8Array): Metered {
  const reader = new Reader(wasm, 8)
  const out: Bytes[] = [wasm.subarray(0, 8)]
  let signatures: number[] = []
  let asks: Import | undefined
  let fuel = 0
  while (reader.at < wasm.length) {
    const id = reader.byte()
    const size = reader.unsigned()
    const end = reader.at + size
    const content = new Reader(wasm, reader.at)
    if (id === section.type) signatures = plainSignatures(content)
    if (id === section.import) asks = plainImport(content, signatures)
    let written: Bytes[] = [wasm.subarray(reader.at, end)]
    if (id === section.global) {
      fuel = content.unsigned()
      const [type, isMutable] = wasm.subarray(content.at)
      if (type !== zero[0] || isMutable !== zero[1])
        throw new Error('the module has no stack pointer where compilers put it')
      written = [unsigned(fuel + 2), wasm.subarray(content.at, end), zero, zero]
    } else if (id === section.export) {
      const count = content.unsigned()
      const added = [...exported(fuelExport, fuel), ...exported(stackExport, 0)]
      written = [unsigned(count + 2), wasm.subarray(content.at, end), added]
    } else if (id === section.code) {
      if (!asks) throw new Error('the module has no import to ask by')
      written = meterCode(content, {
        fuel: unsigned(fuel),
        bulk: unsigned(fuel + 1),
        ask: unsigned(asks.index),
      })
    }
    out.push([id], unsigned(lengthOf(written)), ...written)
    reader.at = end
  }
  if (!asks) throw new Error('the module has no import to ask by')
  return { wasm: joined(out), gauge: asks }
}

type Bytes = Uint8Array | readonly number[]

/** A global variable: an i32 that can change and is 0. */
const zero = [0x7f, 1, 0x41, 0, 0x0b]

/** The globals of the fuel and of the length of a copy, and the function that asks. */
type Gauge = {
  readonly fuel: readonly number[]
  readonly bulk: readonly number[]
  readonly ask: readonly number[]
}

function meterCode(content: Reader, gauge: Gauge): Bytes[] {
  const [get, set] = [0x23, 0x24]
  const { fuel, bulk: length, ask } = gauge
  const take = (cost: readonly number[]) => [get, ...fuel, ...cost, 0x6b, set, ...fuel]
  const one = [0x41, 1]
  const turn = [...take(one), get, ...fuel, 0x41, 0, 0x48, 0x04, 0x40, 0x10, ...ask, 0x0b]
  const bulk = [set, ...length, get, ...length, ...take([get, ...length, 0x41, bulkShift, 0x76])]
  const count = content.unsigned()
  const out: Bytes[] = [unsigned(count)]
  for (let index = 0; index < count; index++) {
    const size = content.unsigned()
    const end = content.at + size
    const body: Bytes[] = []
    let from = content.at
    for (let groups = content.unsigned(); groups > 0; groups--) {
      content.unsigned()
      content.at++
    }
    const insert = (at: number, code: Bytes) => {
      body.push(content.bytes.subarray(from, at), code)
      from = at
    }
    while (content.at < end) {
      const start = content.at
      const opcode = content.byte()
      const further = opcode === 0xfc ? content.unsigned() : 0
      content.skipImmediates(opcode, further)
      if (opcode === 0x03) insert(content.at, turn)
      if (opcode === 0xfc && (further === 10 || further === 11)) insert(start, bulk)
    }
    body.push(content.bytes.subarray(from, end))
    out.push(unsigned(lengthOf(body)), ...body)
  }
  return out
}

/** The types of functions without parameters and results. */
function plainSignatures(content: Reader): number[] {
  const plain: number[] = []
  for (let count = content.unsigned(), index = 0; index < count; index++) {
    content.at++
    const parameters = content.unsigned()
    content.at += parameters
    const results = content.unsigned()
    content.at += results
    if (parameters === 0 && results === 0) plain.push(index)
  }
  return plain
}

type Import = { readonly module: string; readonly name: string; readonly index: number }

function plainImport(content: Reader, signatures: readonly number[]): Import | undefined {
  let found: Import | undefined
  for (let count = content.unsigned(), index = 0; count > 0; count--) {
    const module = content.text()
    const name = content.text()
    const kind = content.byte()
    if (kind === 0) {
      if (signatures.includes(content.unsigned())) found ??= { module, name, index }
      index++
    } else if (kind === 2) {
      const flags = content.byte()
      content.unsigned()
      if (flags & 1) content.unsigned()
    } else throw new Error('the module imports more than functions and a memory')
  }
  return found
}

class Reader {
  readonly bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes
    this.at = at
  }

  byte(): number {
    const byte = this.bytes[this.at++]
    if (byte === undefined) throw new Error('the module ends early')
    return byte
  }

  unsigned(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
  }

  text(): string {
    const length = this.unsigned()
    this.at += length
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at))
  }

  skipNumbers(count: number): void {
    for (let left = count; left > 0; left--) while (this.byte() >= 0x80);
  }

  skipImmediates(opcode: number, further: number): void {
    if (opcode === 0xfc) this.skipNumbers(furtherImmediates[further] ?? refuse(opcode))
    else if (opcode === 0x0e) this.skipNumbers(this.unsigned() + 1)
    else if (opcode === 0x1c) this.skipNumbers(this.unsigned())
    else if (opcode === 0x43) this.at += 4
    else if (opcode === 0x44) this.at += 8
    else this.skipNumbers(immediates(opcode))
  }
}

/** How many numbers follow each opcode behind 0xfc: conversions, then bulk memory and tables. */
const furtherImmediates = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1]

function immediates(opcode: number): number {
  if (opcode >= 0x02 && opcode <= 0x04) return 1
  if (opcode >= 0x45 && opcode <= 0xc4) return 0
  if (opcode >= 0x28 && opcode <= 0x3e) return 2
  if (opcode >= 0x20 && opcode <= 0x26) return 1
  if (opcode >= 0x3f && opcode <= 0x42) return 1
  if ([0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b, 0xd1].includes(opcode)) return 0
  if ([0x0c, 0x0d, 0x10, 0x12, 0xd0, 0xd2].includes(opcode)) return 1
  return opcode === 0x11 || opcode === 0x13 ? 2 : refuse(opcode)
}

function refuse(opcode: number): never {
  throw new Error(`the module has an unknown instruction 0x${opcode.toString(16)}`)
}

function exported(name: string, global: number): number[] {
  return [...unsigned(name.length), ...new TextEncoder().encode(name), 3, ...unsigned(global)]
}

function unsigned(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest]
    bytes.push((rest & 0x7f) | 0x80)
  }
}

function lengthOf(pieces: readonly Bytes[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0)
}

function joined(pieces: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(lengthOf(pieces))
  let at = 0
  for (const piece of pieces) {
    out.set(piece, at)
    at += piece.length
  }
  return out
}
