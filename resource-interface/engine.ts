// Runs expressions, each from the same image of the machine's memory: none sees what another left.
import type { QuickJSContext, QuickJSHandle, QuickJSRuntime } from 'quickjs-emscripten-core'
import { functionOf, plainCall, trackedCall } from './guest.ts'
import { Machine, Overtime } from './machine.ts'
import { urlFieldsAsJson } from './url.ts'

const limits = {
  timeMs: 50,
  memoryBytes: 8 << 20,
  stackBytes: 32 << 10,
  expressionLength: 16_384,
  inputLength: 1 << 20,
}

/** One expression, its variables in the order of `names`, and their values as JSON of a list. */
export type Run = { readonly expression: string; readonly names: readonly string[]; readonly input: string }

/** `type` as `typeof` says, or `promise`. */
export type Answer = { readonly value?: unknown; readonly type: string } | Failure

export type Failure =
  /** What the expression threw. */
  | { readonly error: { readonly name: string; readonly message: string } }
  | { readonly syntaxError: string }
  | { readonly limit: string }

const strict = { strict: true }
const parseOnly = { strict: true, compileOnly: true }
/** No clock, no threads, nothing that waits. */
const language = {
  BaseObjects: true,
  Eval: true,
  RegExp: true,
  RegExpCompiler: true,
  JSON: true,
  MapSet: true,
  StringNormalize: true,
  Promise: true,
}

/** What the host does for the longest URL: some milliseconds, for a name that is no ASCII. */
const turnsOfUrl = 200_000

/** A world for expressions and the function that calls one in it, kept in the image. */
type Realm = {
  readonly context: QuickJSContext
  readonly call: QuickJSHandle
  readonly hostUrl: QuickJSHandle
}

export class Engine {
  readonly #machine: Machine
  readonly #plain: Realm
  readonly #tracked: Realm

  private constructor(machine: Machine) {
    this.#machine = machine
    const runtime = machine.module.newRuntime()
    runtime.setMemoryLimit(limits.memoryBytes)
    runtime.setMaxStackSize(limits.stackBytes)
    this.#plain = this.#realm(runtime, language, plainCall)
    this.#tracked = this.#realm(runtime, { ...language, Proxy: true }, trackedCall)
    machine.keep()
  }

  static async load(): Promise<Engine> {
    return new Engine(await Machine.load())
  }

  run(run: Run): Answer {
    return this.#with(run, () => {
      const answer = whyNoExpression(this.#plain.context, run.expression) ?? callIn(this.#plain, run)
      return 'text' in answer ? (JSON.parse(answer.text) as Answer) : answer
    })
  }

  /** The paths that a run looks up in its variables and does not find. */
  missing(run: Run): readonly string[] {
    const answer = this.#with(run, () => callIn(this.#tracked, run))
    return 'text' in answer && answer.text !== '' ? answer.text.split('\n') : []
  }

  /** Why a text is no expression; nothing runs. */
  syntaxError(run: Run): Failure | undefined {
    return this.#with(run, () => {
      const { context } = this.#plain
      return (
        whyNotParsed(context, functionOf(run.expression, run.names)) ??
        whyNoExpression(context, run.expression)
      )
    })
  }

  /** The handles stay good: the image puts back what they point to. */
  #realm(runtime: QuickJSRuntime, intrinsics: object, caller: string): Realm {
    const context = runtime.newContext({ intrinsics })
    const hostUrl = context.newFunction('url', text =>
      this.#machine.lend(turnsOfUrl, () => context.newString(urlFieldsAsJson(context.getString(text)))),
    )
    return { context, hostUrl, call: context.unwrapResult(context.evalCode(caller, 'call', strict)) }
  }

  #with<T>(run: Run, use: () => T): T | Failure {
    if (run.expression.length > limits.expressionLength) {
      return { limit: `it is longer than ${limits.expressionLength} characters` }
    }
    if (run.input.length > limits.inputLength) {
      return { limit: `its variables are longer than ${limits.inputLength} characters` }
    }
    try {
      return this.#machine.run(limits.timeMs, use)
    } catch (error) {
      if (error instanceof Overtime) return { limit: `it runs longer than ${limits.timeMs} ms` }
      // The host's own stack can end before the engine's.
      return { limit: error instanceof RangeError ? 'it is nested too deeply' : 'the engine gave it up' }
    }
  }
}

/** Brackets let nothing through that would end the parentheses around an expression: `a), (b`. */
function whyNoExpression(context: QuickJSContext, expression: string): Failure | undefined {
  return whyNotParsed(context, `[\n${expression}\n]`)
}

function whyNotParsed(context: QuickJSContext, program: string): Failure | undefined {
  const compiled = context.evalCode(program, 'expression', parseOnly)
  return compiled.error ? failure(context, compiled.error) : undefined
}

function callIn({ context, call, hostUrl }: Realm, run: Run): Failure | { readonly text: string } {
  const source = functionOf(run.expression, [...run.names, 'url'])
  const expression = context.evalCode(source, 'expression', strict)
  if (expression.error) return failure(context, expression.error)
  const input = context.newString(run.input)
  const names = context.newString(JSON.stringify(run.names))
  const answer = context.callFunction(call, context.undefined, expression.value, input, hostUrl, names)
  return answer.error ? failure(context, answer.error) : { text: context.getString(answer.value) }
}

function failure(context: QuickJSContext, handle: QuickJSHandle): Failure {
  const thrown: unknown = context.dump(handle)
  const { name, message } = Object(thrown) as { name?: unknown; message?: unknown }
  const error = {
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : `threw ${shown(thrown)}`,
  }
  if (error.name === 'InternalError' && /out of memory|too long/.test(error.message)) {
    return { limit: `it takes more than ${limits.memoryBytes >> 20} MiB of memory` }
  }
  if (error.message === 'stack overflow') return { limit: 'it is nested too deeply' }
  return error.name === 'SyntaxError' ? { syntaxError: error.message } : { error }
}

function shown(thrown: unknown): string {
  return typeof thrown === 'bigint' ? `${thrown}n` : JSON.stringify(thrown)
}
