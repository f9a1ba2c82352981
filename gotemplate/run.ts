// Runs a template: the whole of it, and those that functions execute within it.
import { TemplateError } from './error.ts'
import { type DefinitionSet, Execution, type ExecutionOptions } from './execution.ts'
import { quote } from './format/quote.ts'
import { type Call, FunctionError } from './function.ts'
import { callFunc } from './invoke.ts'
import { type Definition, parse } from './parse.ts'
import type { Functions } from './parse-pipeline.ts'
import type { Func, Value } from './value.ts'
import { walkList } from './walk.ts'

export interface RunOptions extends Omit<ExecutionOptions, 'createCall'> {
  readonly definitions: DefinitionSet
  readonly functions: Functions
}

/** Throws TemplateError. */
export function runTemplate(root: Definition, dot: Value, options: RunOptions): string {
  const { definitions, functions } = options
  const createCall = (execution: Execution) => new FunctionCall(execution, { name: root.name, functions })
  const execution = new Execution(root, definitions, { ...options, createCall })
  execution.values[0] = dot
  try {
    walkList(execution, dot, root.root)
    return execution.output
  } catch (error) {
    throw execution.located(error)
  }
}

/** Helm's bound on an include of one name within itself. */
const maxIncludes = 1000

class FunctionCall implements Call {
  readonly clock: Call['clock']
  readonly random: Call['random']
  private readonly execution: Execution
  /** Of the template that runs as a whole. */
  private readonly name: string
  private readonly functions: Functions
  private included: Map<string, number> | undefined

  constructor(
    execution: Execution,
    { name, functions }: { readonly name: string; readonly functions: Functions },
  ) {
    this.execution = execution
    this.name = name
    this.functions = functions
    this.clock = execution.clock
    this.random = execution.random
  }

  steps(count: number): void {
    this.execution.steps(count)
  }

  allocate(bytes: number): void {
    this.execution.allocate(bytes)
  }

  include(name: string, data: Value): string {
    const definition = this.execution.definitions.get(name)
    if (definition === undefined) {
      const associated = `associated with template ${quote(this.name)}`
      throw new FunctionError(
        `template: no template ${quote(name)} ${associated}`,
        `template: no template of that name ${associated}`,
      )
    }
    this.included ??= new Map()
    const count = this.included.get(name) ?? 0
    if (count > maxIncludes) {
      throw new FunctionError(
        `rendering template has a nested reference name: ${name}: unable to execute template`,
      )
    }
    this.included.set(name, count + 1)
    try {
      return this.captured(definition, data, this.execution.definitions)
    } catch (error) {
      throw error instanceof TemplateError && error.reason !== 'limit'
        ? new FunctionError(error.goMessage, error.message)
        : error
    } finally {
      this.included.set(name, count)
    }
  }

  tpl(text: string, data: Value): string {
    const source = { name: this.name, text }
    // No node is shorter than two characters.
    this.execution.steps(text.length >>> 1)
    let parsed: DefinitionSet
    try {
      parsed = parse(source, this.functions)
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      throw new FunctionError(
        `cannot parse template ${quote(text)}: ${error.goMessage}`,
        'cannot parse template',
      )
    }
    this.execution.steps(this.execution.definitions.size + parsed.size)
    const definitions = new Map([...this.execution.definitions, ...parsed])
    const definition = parsed.get(source.name) as Definition
    try {
      return this.captured(definition, data, definitions).replaceAll('<no value>', '')
    } catch (error) {
      if (!(error instanceof TemplateError) || error.reason === 'limit') throw error
      // The text may be data, and every message about it shows a part of it.
      throw new FunctionError(
        `error during tpl function execution for ${quote(text)}: ${error.goMessage}`,
        'error during tpl function execution',
      )
    }
  }

  invoke(name: string, func: Func, args: readonly Value[]): Value {
    return callFunc(this.execution, name, func, args)
  }

  private captured(definition: Definition, data: Value, definitions: DefinitionSet): string {
    const dot = data === null ? undefined : data
    const walk = () => walkList(this.execution, dot, definition.root)
    return this.execution.captured(definition, dot, { definitions, walk })
  }
}
