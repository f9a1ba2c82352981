import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { embeddedWasm } from '../../resource-interface/embedded.ts'
import { fuelExport, meter } from '../../resource-interface/meter.ts'

const test = suite('the fuel gauge of WebAssembly')

type Exports = Readonly<Record<string, unknown>>

declare const WebAssembly: {
  instantiate(wasm: Uint8Array, imports: object): Promise<{ instance: { exports: Exports } }>
}

const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
/** `(import "a" "ask" (func)) (global (mut i32) (i32.const 7)) (func (export "f") BODY)`, the last two as given. */
function moduleOf(body: readonly number[], { type = 0, mutable = 1 } = {}): Uint8Array {
  return Uint8Array.from([
    ...header,
    ...[1, 8, 2, 0x60, 0, 0, 0x60, 1, 0x7f, 0],
    ...[2, 9, 1, 1, 0x61, 3, 0x61, 0x73, 0x6b, 0, type],
    ...[3, 2, 1, 0],
    ...[6, 6, 1, 0x7f, mutable, 0x41, 7, 0x0b],
    ...[7, 5, 1, 1, 0x66, 0, 1],
    ...[10, body.length + 3, 1, body.length + 1, 0, ...body],
  ])
}

/** `loop br 0 end end` */
const endless = [0x03, 0x40, 0x0c, 0, 0x0b, 0x0b]

test('an endless loop asks again and again, and ends by the throw of an answer', async () => {
  const { wasm, gauge } = meter(moduleOf(endless))
  assert.equal([gauge.module, gauge.name], ['a', 'ask'])
  let questions = 0
  let exports: Exports = {}
  const ask = () => {
    questions++
    if (questions === 3) throw new Error('enough')
    const fuel = exports[fuelExport] as { value: number }
    fuel.value = 1000
  }
  exports = (await WebAssembly.instantiate(wasm, { a: { ask } })).instance.exports
  assert.throws(exports['f'] as () => void, 'enough')
  assert.is(questions, 3)
})

test('code without loops asks nothing and does what it did', async () => {
  // i32.const -1, drop, block br 0 end, f64.const 0, drop, end
  const body = [0x41, 0x7f, 0x1a, 0x02, 0x40, 0x0c, 0, 0x0b, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x1a, 0x0b]
  const ask = () => assert.unreachable()
  const { instance } = await WebAssembly.instantiate(meter(moduleOf(body)).wasm, { a: { ask } })
  assert.is((instance.exports['f'] as () => undefined)(), undefined)
})

test('what cannot be metered is refused', () => {
  assert.throws(() => meter(moduleOf([0xfd, 0, 0x0b])), /unknown instruction 0xfd/)
  assert.throws(() => meter(moduleOf(endless, { type: 1 })), /no import to ask by/)
  assert.throws(() => meter(moduleOf(endless, { mutable: 0 })), /no stack pointer/)
  assert.throws(() => meter(moduleOf(endless).subarray(0, 30)), /ends early|no import/)
})

test('WebAssembly is found in a program, however its string is written', () => {
  const bytes = [...header, 10, 13, 39, 92, 96, 200, 36, 123]
  const spellings = [
    'f("\\0asm\\x01\\0\\0\\0\\n\\r\'\\\\`\xC8\\u0024{")',
    "f('\\0asm\\u0001\\0\\0\\0\\n\\r\\'\\\\`\xC8${')",
    "f(`\\0asm\x01\\0\\0\\0\n\\r'\\\\\\`\xC8\\${`)",
  ]
  for (const spelling of spellings)
    assert.equal([...embeddedWasm({ toString: () => spelling })], bytes, spelling)
  assert.throws(() => embeddedWasm({ toString: () => 'f()' }), /holds no WebAssembly/)
})

test.run()
