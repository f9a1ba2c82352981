// Digests and checksums of a text's bytes, as hexadecimal or decimal text.
import { createHash } from 'node:crypto'
import { bytesOf } from '../bytes.ts'
import type { TemplateFunction } from '../function.ts'
import { define, string } from '../function.ts'

function digest(algorithm: 'sha1' | 'sha256' | 'sha512'): TemplateFunction {
  return define([string], (call, text) => {
    call.steps(Math.ceil(text.length / 64))
    return createHash(algorithm).update(bytesOf(text)).digest('hex')
  })
}

const ADLER_MODULUS = 65_521

function adler32(bytes: Uint8Array): number {
  let low = 1
  let high = 0
  for (const byte of bytes) {
    low = (low + byte) % ADLER_MODULUS
    high = (high + low) % ADLER_MODULUS
  }
  return high * 65_536 + low
}

export const hash: Readonly<Record<string, TemplateFunction>> = {
  sha1sum: digest('sha1'),
  sha256sum: digest('sha256'),
  sha512sum: digest('sha512'),
  adler32sum: define([string], (call, text) => {
    call.steps(Math.ceil(text.length / 64))
    return `${adler32(bytesOf(text))}`
  }),
}
