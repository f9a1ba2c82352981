// Helm's toYaml and fromYaml.
import type { Call, TemplateFunction } from '../../function.ts'
import { any, define, string } from '../../function.ts'
import { Dict, dict, type Value } from '../../value.ts'
import { notAnObject } from '../json-decode.ts'
import { encodeText } from '../json-encode.ts'
import { JsonError, type JsonTree, jsonTree } from '../json-tree.ts'
import { emitYaml } from './emit.ts'
import { YamlError } from './error.ts'
import { readYaml } from './read.ts'

// On its way the value is JSON that a YAML reader reads. It refuses controls and long keys, and folds lines at a
// NEL, the one line break that JSON leaves unescaped.
const UNREADABLE = /[\x7f-\x84\x86-\x9f\ufffe\uffff]/
const LONGEST_KEY = 1024

class Unreadable extends Error {}

function throughJson(tree: JsonTree): JsonTree {
  if (tree === null || typeof tree === 'boolean') return tree
  if (typeof tree === 'string') return foldedText(tree)
  if (tree.kind === 'number') return tree
  if (tree.kind === 'list') return { kind: 'list', items: tree.items.map(throughJson) }
  return {
    kind: 'object',
    entries: tree.entries.map(([key, value]) => [checkedKey(key), throughJson(value)]),
  }
}

function checkedKey(key: string): string {
  const token = encodeText(key, true)
  if (token.includes('\u0085') || Array.from(token).length > LONGEST_KEY) throw new Unreadable()
  return foldedText(key)
}

function foldedText(raw: string): string {
  const text = raw.toWellFormed()
  if (UNREADABLE.test(text)) throw new Unreadable()
  if (!text.includes('\u0085')) return text
  return text.replace(/ *\u0085(?: *\u0085)* */g, breaks => {
    const count = breaks.replaceAll(' ', '').length
    return count === 1 ? ' ' : '\n'.repeat(count - 1)
  })
}

/** As in Helm nothing at all on an error, and no line break at the end. */
function toYaml(call: Call, value: Value): string {
  try {
    return emitYaml(call, throughJson(jsonTree(call, value))).replace(/\n$/, '')
  } catch (error) {
    if (error instanceof JsonError || error instanceof Unreadable) return ''
    throw error
  }
}

function fromYaml(call: Call, text: string): Value {
  try {
    const value = readYaml(call, text)
    if (value instanceof Dict) return value
    if (value === null) return dict()
    return dict([['Error', `error unmarshaling JSON: while decoding JSON: ${notAnObject(value).message}`]])
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    return dict([['Error', `error converting YAML to JSON: ${error.message}`]])
  }
}

export const yaml: Readonly<Record<string, TemplateFunction>> = {
  toYaml: define([any], toYaml),
  fromYaml: define([string], fromYaml),
}
