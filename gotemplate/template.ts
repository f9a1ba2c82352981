// The package's face: parse once, execute often.
import { builtins } from './builtins.ts'
import { bytesOf } from './bytes.ts'
import type { MissingKey } from './execution.ts'
import type { FunctionMap } from './function.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { type Definition, parse } from './parse.ts'
import type { Functions } from './parse-pipeline.ts'
import { runTemplate } from './run.ts'
import { fromData } from './value.ts'

export interface ParseOptions {
  /** As in messages. */
  readonly name?: string
  /** Besides Go's own; one of the same name replaces Go's. */
  readonly functions?: FunctionMap
}

export interface ExecuteOptions {
  readonly missingKey?: MissingKey
  readonly limits?: Partial<Limits>
  /** For `now` and what else asks for the time; without it those fail. */
  readonly clock?: () => Date
  /** So many random bytes, for `randAlpha`, `uuidv4` and the like; without it those fail. */
  readonly random?: (size: number) => Uint8Array
}

const noFunctions: FunctionMap = new Map()

/** A parsed template and those defined in it. Immutable; executions share nothing. */
export class Template {
  readonly name: string
  private readonly functions: Functions
  private readonly definitions: ReadonlyMap<string, Definition>

  constructor(name: string, functions: Functions, definitions: ReadonlyMap<string, Definition>) {
    this.name = name
    this.functions = functions
    this.definitions = definitions
  }

  /**
   * The output; bytes that are no UTF-8 become U+FFFD. `data` is what `fromData` takes, and is never changed.
   * Throws TemplateError.
   */
  execute(data: unknown, options: ExecuteOptions = {}): string {
    return this.run(data, options).toWellFormed()
  }

  /** The output, byte for byte. */
  executeBytes(data: unknown, options: ExecuteOptions = {}): Uint8Array {
    return bytesOf(this.run(data, options))
  }

  private run(data: unknown, options: ExecuteOptions): string {
    const root = this.definitions.get(this.name) as Definition
    return runTemplate(root, fromData(data) ?? undefined, {
      definitions: this.definitions,
      functions: this.functions,
      missingKey: options.missingKey ?? 'default',
      limits: options.limits === undefined ? defaultLimits : { ...defaultLimits, ...options.limits },
      clock: options.clock,
      random: options.random,
    })
  }
}

/** Throws TemplateError with reason `parse`. */
export function parseTemplate(text: string, options: ParseOptions = {}): Template {
  const { name = 'template' } = options
  const functions = { given: options.functions ?? noFunctions, builtin: builtins }
  return new Template(name, functions, parse({ name, text: text.toWellFormed() }, functions))
}
