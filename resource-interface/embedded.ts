// The WebAssembly inside of the engine's loader, which has it as a string of bytes in its program and gives it to
// nobody. A bundler may write the string in another way; what it holds stays the same.

const magic = '\\0asm'

const escapes: Readonly<Record<string, number>> = { '0': 0, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 }
const backslash = 92

/** `loader` is the function that holds the string. */
export function embeddedWasm(loader: { toString(): string }): Uint8Array<ArrayBuffer> {
  const program = loader.toString()
  const start = program.indexOf(magic)
  const quote = program[start - 1]
  if (start < 1 || quote === undefined || !'`"\''.includes(quote))
    throw new Error('the engine holds no WebAssembly')
  return unescaped(program, start, quote.charCodeAt(0))
}

/** The characters up to the closing quote, which are bytes. */
function unescaped(program: string, start: number, quote: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(program.length - start)
  let length = 0
  for (let at = start; at < program.length; at++) {
    const code = program.charCodeAt(at)
    if (code === quote) break
    if (code !== backslash) {
      bytes[length++] = code
      continue
    }
    const letter = program[at + 1] ?? ''
    const digits = letter === 'x' ? 2 : letter === 'u' ? 4 : 0
    bytes[length++] =
      digits === 0
        ? (escapes[letter] ?? letter.charCodeAt(0))
        : Number.parseInt(program.slice(at + 2, at + 2 + digits), 16)
    at += 1 + digits
  }
  return bytes.slice(0, length)
}
