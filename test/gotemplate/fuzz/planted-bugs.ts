// Ten small mistakes that someone could make in the engine, each as a change of one spot in a copy of it.
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder } from './engine.ts'

export interface PlantedBug {
  readonly name: string
  /** Below gotemplate/. */
  readonly file: string
  /** Stands there exactly once. */
  readonly spot: string
  readonly mistake: string
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'an empty map is true',
    file: 'evaluate.ts',
    spot: 'if (value instanceof Dict) return !value.isEmpty',
    mistake: 'if (value instanceof Dict) return true',
  },
  {
    name: 'columns count from 1',
    file: 'error.ts',
    spot: 'column: byteLength(source.text.slice(lineStart, index)),',
    mistake: 'column: byteLength(source.text.slice(lineStart, index)) + 1,',
  },
  {
    name: '%q writes a tab as a number',
    file: 'format/quote.ts',
    spot: "9: '\\\\t',",
    mistake: "9: '\\\\x09',",
  },
  {
    name: 'maps go in order of insertion',
    file: 'value.ts',
    spot: 'return this.keys().sort(compareText)',
    mistake: 'return this.keys()',
  },
  {
    name: 'a trim marker after a comment keeps the newline',
    file: 'lex.ts',
    spot: 'this.at = close + 2 + length\n    if (length === 4) this.skipBlanks()',
    mistake:
      "this.at = close + 2 + length\n    if (length === 4) while (this.text[this.at] === ' ') this.at++",
  },
  {
    name: 'eq compares an int with a float',
    file: 'compare.ts',
    spot: 'if (isInvalid(a) || isInvalid(b)) return false\n    throw incompatible(a, b)',
    mistake: 'return false',
  },
  {
    name: 'missingkey=zero gives no value',
    file: 'evaluate.ts',
    spot: "return state.missingKey === 'zero' ? zeroOf(receiver.type.elem as GoType) : undefined",
    mistake: 'return undefined',
  },
  {
    name: 'and and or give a bool',
    file: 'invoke.ts',
    spot: 'if (truth(value) === isOr) return value',
    mistake: 'if (truth(value) === isOr) return isOr',
  },
  {
    name: 'printf separates extra operands by a blank only',
    file: 'format/printf.ts',
    spot: "parts.join(', ')",
    mistake: "parts.join(' ')",
  },
  {
    name: 'range over an int starts at 1',
    file: 'walk.ts',
    spot: 'frame.dot = new Int(over.type, BigInt(index))',
    mistake: 'frame.dot = new Int(over.type, BigInt(index + 1))',
  },
]

/** A copy of the engine in `folder`, laid out like the project, with the bug in it. */
export function plantBug({ name, file, spot, mistake }: PlantedBug, folder: string): void {
  for (const path of ['package.json', 'gotemplate', 'connector']) {
    cpSync(join(projectFolder, path), join(folder, path), { recursive: true })
  }
  symlinkSync(join(projectFolder, 'node_modules'), join(folder, 'node_modules'))
  const path = join(folder, 'gotemplate', file)
  const pieces = readFileSync(path, 'utf8').split(spot)
  if (pieces.length !== 2) {
    throw new Error(`Cannot plant "${name}" in ${file}: its spot stands there ${pieces.length - 1} times`)
  }
  writeFileSync(path, pieces.join(mistake))
}
