// The engine that runs expressions: QuickJS in WebAssembly, with no object of the host inside.
import variant from '@jitl/quickjs-singlefile-mjs-release-sync'
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSWASMModule,
} from 'quickjs-emscripten-core'
import { functionOf, prelude } from './guest.ts'
import { urlFieldsAsJson } from './url.ts'

export const limits = { timeMs: 50, memoryBytes: 8 << 20, stackBytes: 32 << 10, expressionLength: 16_384 }

export type Answer =
  /** JSON of what the guest's prelude answers. */
  { readonly json: string } | { readonly syntaxError: string } | { readonly limit: string }

export type Run = {
  readonly expression: string
  readonly variables: readonly (readonly [name: string, value: unknown])[]
  /** Watches which of the variables' fields are looked up and not there. */
  readonly tracked: boolean
  readonly parseOnly?: boolean
}

const languageWithoutClock = {
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
    await engine.#fill()
    return engine
  }

  run(run: Run): Answer {
    if (run.expression.length > limits.expressionLength) {
      return { limit: `it is longer than ${limits.expressionLength} characters` }
    }
    const module = this.#module
    if (!module) return { limit: 'the engine is still starting again after an earlier expression' }
    const deadline = performance.now() + limits.timeMs
    let interrupted = false
    const runtime = module.newRuntime()
    try {
      runtime.setMemoryLimit(limits.memoryBytes)
      runtime.setMaxStackSize(limits.stackBytes)
      runtime.setInterruptHandler(() => {
        interrupted ||= performance.now() > deadline
        return interrupted
      })
      const context = runtime.newContext({ intrinsics: { ...languageWithoutClock, Proxy: run.tracked } })
      const answer = runIn(context, run)
      context.dispose()
      runtime.dispose()
      return interrupted ? { limit: `it runs longer than ${limits.timeMs} ms` } : answer
    } catch {
      // The host's stack ended inside the engine, or the engine gave up: its memory is in no known state.
      this.#replace()
      return { limit: interrupted ? `it runs longer than ${limits.timeMs} ms` : 'it is nested too deeply' }
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

function runIn(context: QuickJSContext, run: Run): Answer {
  const names = [...run.variables.map(([name]) => name), 'url']
  const expression = context.evalCode(functionOf(run.expression, names), 'expression', { strict: true })
  if (expression.error) return failure(context, expression.error)
  if (run.parseOnly) {
    expression.value.dispose()
    return { json: 'null' }
  }
  return expression.value.consume(callee => {
    const call = context.unwrapResult(context.evalCode(prelude, 'prelude', { strict: true }))
    const input = context.newString(JSON.stringify(run.variables))
    const hostUrl = context.newFunction('url', text =>
      context.newString(urlFieldsAsJson(context.getString(text))),
    )
    const answer = context.callFunction(call, context.undefined, callee, input, hostUrl)
    for (const handle of [call, input, hostUrl]) handle.dispose()
    if (answer.error) return failure(context, answer.error)
    return answer.value.consume(value => ({ json: context.getString(value) }))
  })
}

type ErrorHandle = Parameters<QuickJSContext['dump']>[0]

function failure(context: QuickJSContext, handle: ErrorHandle): Answer {
  const error: unknown = handle.consume(held => context.dump(held))
  const { name, message } = error as { name?: unknown; message?: unknown }
  const text = typeof message === 'string' ? message : 'unknown error'
  if (name === 'SyntaxError') return { syntaxError: text }
  return { limit: text }
}
