// JSON functions. sprig's plain ones drop errors, its must ones return them, and Helm's `fromJson` gives an object.
import type { Call, TemplateFunction } from '../function.ts'
import { any, define, FunctionError, string } from '../function.ts'
import { anyMapType } from '../type.ts'
import { Dict, dict, type Value } from '../value.ts'
import { decodeJson, decodeJsonObject, JsonDecodeError } from './json-decode.ts'
import { encodeJson, type JsonOptions } from './json-encode.ts'
import { JsonError, jsonTree } from './json-tree.ts'

const PLAIN: JsonOptions = { html: true, pretty: false }
const PRETTY: JsonOptions = { html: true, pretty: true }
const RAW: JsonOptions = { html: false, pretty: false }

function failingEncoder(options: JsonOptions): TemplateFunction {
  return define([any], (call, value) => {
    try {
      return encodeJson(call, jsonTree(call, value), options)
    } catch (error) {
      if (error instanceof JsonError) throw new FunctionError(error.message)
      throw error
    }
  })
}

function silentEncoder(options: JsonOptions): TemplateFunction {
  return define([any], (call, value) => {
    try {
      return encodeJson(call, jsonTree(call, value), options)
    } catch (error) {
      if (error instanceof JsonError) return ''
      throw error
    }
  })
}

/** Helm's: what is no object, or no JSON, is reported under the key Error. */
function objectFromJson(call: Call, text: string): Value {
  try {
    const { value, error } = decodeJsonObject(call, text)
    if (value === undefined) return new Dict(anyMapType, undefined)
    if (error !== undefined) value.set('Error', error.message)
    return value
  } catch (error) {
    if (!(error instanceof JsonDecodeError)) throw error
    return dict([['Error', error.message]])
  }
}

export const json: Readonly<Record<string, TemplateFunction>> = {
  toJson: silentEncoder(PLAIN),
  toPrettyJson: silentEncoder(PRETTY),
  toRawJson: failingEncoder(RAW),
  mustToJson: failingEncoder(PLAIN),
  mustToPrettyJson: failingEncoder(PRETTY),
  mustToRawJson: failingEncoder(RAW),
  fromJson: define([string], objectFromJson),
  mustFromJson: define([string], (call, text) => {
    try {
      const { value, error } = decodeJson(call, text)
      if (error !== undefined) throw error
      return value
    } catch (error) {
      if (error instanceof JsonDecodeError) throw new FunctionError(error.message, error.safe)
      throw error
    }
  }),
}
