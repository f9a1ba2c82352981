// The engine that runs expressions: QuickJS in WebAssembly, with no object of the host inside.
import variant from '@jitl/quickjs-singlefile-mjs-release-sync'
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSWASMModule,
} from 'quickjs-emscripten-core'
import { functionOf, plainCall, trackedCall } from './guest.ts'
import { urlFieldsAsJson } from './url.ts'

export const limits = { timeMs: 50, memoryBytes: 8 << 20, stackBytes: 32 << 10, expressionLength: 16_384 }

/** One expression, its variables in the order of `names`, and their values as JSON of a list. */
export type Run = { readonly expression: string; readonly names: readonly string[]; readonly input: string }

/** `type` as `typeof` says, or `promise`. */
export type Answer = { readonly value?: unknown; readonly type: string } | Failure

export type Failure =
  /** What the expression threw. */
  | { readonly error: { readonly name: string; readonly message: string } }
  | { readonly syntaxError: string }
  | { readonly limit: string }

const warmUp: Run = { expression: 'url(name).host', names: ['name'], input: '["https://name"]' }

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

/** Engines that are kept ready for when one breaks: making one waits, evaluating does not. */
const spares = 2

/** Each run has a runtime of its own, which ends with it. */
export class Engine {
  #module: QuickJSWASMModule | undefined
  readonly #spares: QuickJSWASMModule[] = []

  static async load(): Promise<Engine> {
    const engine = new Engine()
    engine.#module = await loadModule()
    // The first run compiles the engine, which on a busy machine takes longer than any run may.
    engine.#with(warmUp, language, context => call(context, warmUp, plainCall), true)
    await engine.#fill()
    return engine
  }

  run(run: Run): Answer {
    return this.#with(run, language, context => {
      const answer = call(context, run, plainCall)
      return 'text' in answer ? (JSON.parse(answer.text) as Answer) : answer
    })
  }

  /** The paths that a run looks up in its variables and does not find. */
  missing(run: Run): readonly string[] {
    const answer = this.#with(run, { ...language, Proxy: true }, context => call(context, run, trackedCall))
    return 'text' in answer && answer.text !== '' ? answer.text.split('\n') : []
  }

  /** Why a text is no program; nothing runs. */
  syntaxError(run: Run): Failure | undefined {
    return this.#with(run, language, context => {
      const compiled = context.evalCode(functionOf(run.expression, run.names), 'expression', parseOnly)
      if (compiled.error) return failure(context, compiled.error)
      compiled.value.dispose()
      return undefined
    })
  }

  #with<T>(run: Run, intrinsics: object, use: (context: QuickJSContext) => T, isWarmUp = false): T | Failure {
    if (run.expression.length > limits.expressionLength) {
      return { limit: `it is longer than ${limits.expressionLength} characters` }
    }
    const module = this.#module
    if (!module) return { limit: 'the engine is still starting again after an earlier expression' }
    let deadline = Number.POSITIVE_INFINITY
    let interrupted = false
    let polls = 0
    const overtime = { limit: `it runs longer than ${limits.timeMs} ms` }
    try {
      const runtime = module.newRuntime()
      runtime.setMemoryLimit(limits.memoryBytes)
      runtime.setMaxStackSize(limits.stackBytes)
      runtime.setInterruptHandler(() => {
        // The engine asks once at the start, then every some thousand steps: who took none was not slow, but waited.
        interrupted ||= polls++ > 0 && performance.now() > deadline
        return interrupted
      })
      const context = runtime.newContext({ intrinsics })
      if (!isWarmUp) deadline = performance.now() + limits.timeMs
      const result = use(context)
      context.dispose()
      runtime.dispose()
      return interrupted ? overtime : result
    } catch {
      // The host's stack ended inside the engine, or the engine gave up: its memory is in no known state.
      this.#replace()
      return interrupted ? overtime : { limit: 'it is nested too deeply' }
    }
  }

  #replace(): void {
    this.#module = this.#spares.pop()
    void this.#fill()
  }

  async #fill(): Promise<void> {
    while (this.#spares.length < spares) {
      const module = await loadModule()
      if (this.#module) this.#spares.push(module)
      else this.#module = module
    }
  }
}

/** The engine would write its last words to the console. */
const quiet: object = { printErr: () => {} }

function loadModule(): Promise<QuickJSWASMModule> {
  return newQuickJSWASMModuleFromVariant(newVariant(variant, { emscriptenModule: quiet }))
}

function call(context: QuickJSContext, run: Run, caller: string): Failure | { readonly text: string } {
  const expression = context.evalCode(functionOf(run.expression, [...run.names, 'url']), 'expression', strict)
  if (expression.error) return failure(context, expression.error)
  const handles = [
    expression.value,
    context.newString(run.input),
    context.newFunction('url', text => context.newString(urlFieldsAsJson(context.getString(text)))),
    context.newString(JSON.stringify(run.names)),
  ]
  const callee = context.unwrapResult(context.evalCode(caller, 'call', strict))
  const answer = context.callFunction(callee, context.undefined, ...handles)
  for (const handle of [callee, ...handles]) handle.dispose()
  if (answer.error) return failure(context, answer.error)
  return { text: answer.value.consume(value => context.getString(value)) }
}

function failure(context: QuickJSContext, handle: QuickJSHandle): Failure {
  const thrown: unknown = handle.consume(held => context.dump(held))
  const { name, message } = Object(thrown) as { name?: unknown; message?: unknown }
  const error = {
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : `threw ${JSON.stringify(thrown)}`,
  }
  if (error.name === 'InternalError' && /out of memory|too long/.test(error.message)) {
    return { limit: `it takes more than ${limits.memoryBytes >> 20} MiB of memory` }
  }
  if (error.message === 'stack overflow') return { limit: 'it is nested too deeply' }
  return error.name === 'SyntaxError' ? { syntaxError: error.message } : { error }
}
