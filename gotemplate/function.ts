// What a function of a template is: Go parameter types, by which the engine checks and converts arguments, and a body.
import {
  anyMapType,
  anySliceType,
  anyType,
  boolType,
  bytesType,
  float64Type,
  type GoType,
  int64Type,
  intType,
  reflectValueType,
  stringSliceType,
  stringType,
} from './type.ts'
import type { Bytes, Dict, Func, List, Value } from './value.ts'

/** Of one parameter: the Go type that arguments must have and the form in which the body gets them. */
export interface Parameter<T> {
  readonly type: GoType
  /** `number` and `bigint` unwrap an Int; an `int` beyond 2^53 loses digits as a number. */
  readonly form: 'value' | 'number' | 'bigint'
  /** Only for the type checker: what the body gets. */
  readonly gives?: T
}

function parameter<T>(type: GoType, form: Parameter<T>['form'] = 'value'): Parameter<T> {
  return { type, form }
}

/** Go's `interface{}`: any value; nil of whichever sort is null. */
export const any: Parameter<Exclude<Value, undefined>> = parameter(anyType)
/** Go's `reflect.Value`: any value; a missing one is undefined. Templates see no difference but in nil. */
export const reflected: Parameter<Value> = parameter(reflectValueType)
export const string: Parameter<string> = parameter(stringType)
export const bool: Parameter<boolean> = parameter(boolType)
export const float64: Parameter<number> = parameter(float64Type)
/** Go's int, as a JavaScript number. */
export const int: Parameter<number> = parameter(intType, 'number')
/** Go's int64, as a bigint. */
export const int64: Parameter<bigint> = parameter(int64Type, 'bigint')
/** `map[string]interface {}`. */
export const dict: Parameter<Dict> = parameter(anyMapType)
/** `[]interface {}`. */
export const list: Parameter<List> = parameter(anySliceType)
export const strings: Parameter<List> = parameter(stringSliceType)
export const bytes: Parameter<Bytes | List> = parameter(bytesType)

/** A parameter of any other Go type: `of<Pointer>(semverPointerType)`. A nil one is that type's nil value. */
export function of<T extends Value>(type: GoType): Parameter<T> {
  return parameter(type)
}

/** What a function may ask of the execution that calls it. One object per execution. */
export interface Call {
  /** Counts work that no node of the template shows: one step an element or so. Throws when the limit is passed. */
  steps(count: number): void
  /** To be called before making a string or list of this size, in bytes (16 an element). Throws when the limit is passed. */
  allocate(bytes: number): void
  /** What the caller of `execute` injected; functions that need an absent one fail. */
  readonly clock: (() => Date) | undefined
  /** Cryptographically strong bytes, or a fixed sequence in tests. */
  readonly random: ((size: number) => Uint8Array) | undefined
  /** Executes a template of the set by name and gives its output: Helm's `include`. */
  include(name: string, data: Value): string
  /** Parses and executes text with the functions of this execution: Helm's `tpl`. */
  tpl(text: string, data: Value): string
  /** Calls a function value as the builtin `call` does. */
  invoke(name: string, func: Func, args: readonly Value[]): Value
}

export interface TemplateFunction {
  readonly parameters: readonly Parameter<unknown>[]
  /** The element type of the last `...`, if there is one. */
  readonly rest: Parameter<unknown> | undefined
  /** The type of the function itself, for %T. */
  readonly type: GoType
  /** Arguments are checked and converted; gives null for a nil interface. Throws FunctionError for Go's error result. */
  readonly body: (call: Call, ...args: never[]) => Value
}

type Given<P extends readonly Parameter<unknown>[]> = {
  [I in keyof P]: P[I] extends Parameter<infer T> ? T : never
}

/** A function with a fixed number of parameters: `define([string, int], (call, text, count) => ...)`. */
export function define<const P extends readonly Parameter<unknown>[]>(
  parameters: P,
  body: (call: Call, ...args: Given<P>) => Value,
): TemplateFunction {
  return {
    parameters,
    rest: undefined,
    type: functionType(parameters),
    body: body as TemplateFunction['body'],
  }
}

/** A variadic function; the body gets the rest spread: `variadic([string], any, (call, format, ...args) => ...)`. */
export function variadic<const P extends readonly Parameter<unknown>[], R>(
  parameters: P,
  rest: Parameter<R>,
  body: (call: Call, ...args: [...Given<P>, ...R[]]) => Value,
): TemplateFunction {
  return {
    parameters,
    rest,
    type: functionType(parameters, rest),
    body: body as unknown as TemplateFunction['body'],
  }
}

function functionType(parameters: readonly Parameter<unknown>[], rest?: Parameter<unknown>): GoType {
  const names = parameters.map(one => one.type.name)
  if (rest !== undefined) names.push(`...${rest.type.name}`)
  return { kind: 'func', name: `func(${names.join(', ')}) interface {}`, defined: false }
}

/** The functions a template can call, by name. Identity matters: parsed templates are cached per map. */
export type FunctionMap = ReadonlyMap<string, TemplateFunction>

/**
 * Go's error result or panic of a function: the text after `error calling NAME: `.
 * Where that text repeats a value of the arguments, `safe` is the text without it (cut before the value). The engine
 * shows the full text by itself when all arguments were literals of the template.
 */
export class FunctionError extends Error {
  readonly safe: string

  constructor(message: string, safe: string = message) {
    super(message)
    this.name = 'FunctionError'
    this.safe = safe
  }
}
