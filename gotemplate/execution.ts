// The state of one execution: where it is, what is in scope, what it has written and spent.
import { byteLength } from './bytes.ts'
import { LimitError, type LimitName, placeOf, TemplateError } from './error.ts'
import { uncharged } from './format/print.ts'
import { sprintf } from './format/printf.ts'
import { quote } from './format/quote.ts'
import type { Call } from './function.ts'
import { type Limits, Meter } from './limits.ts'
import { type Node, printNode, type VariableNode } from './node.ts'
import type { Definition } from './parse.ts'
import type { Value } from './value.ts'

/** What a missing key of a map gives: <no value>, the zero of the element type, or an error. */
export type MissingKey = 'default' | 'zero' | 'error'

export interface ExecutionOptions {
  readonly missingKey: MissingKey
  readonly limits: Limits
  readonly clock: (() => Date) | undefined
  readonly random: ((size: number) => Uint8Array) | undefined
  readonly createCall: (execution: Execution) => Call
}

/** What a template's caller has and gets back. */
export interface Scope {
  readonly depth: number
  readonly template: Definition
  readonly definitions: DefinitionSet
  readonly node: Node | undefined
  readonly names: string[]
  readonly values: Value[]
  readonly boxed: boolean[]
  readonly dotBoxed: boolean
}

export type DefinitionSet = ReadonlyMap<string, Definition>

export interface CaptureOptions {
  readonly definitions: DefinitionSet
  readonly walk: () => void
}

interface FailureDetails {
  readonly safe?: string | undefined
  readonly limit?: LimitName | undefined
  readonly cause?: unknown
}

export class Execution {
  /** What functions see of it. */
  readonly call: Call
  readonly missingKey: MissingKey
  readonly clock: ExecutionOptions['clock']
  readonly random: ExecutionOptions['random']
  template: Definition
  definitions: DefinitionSet
  /** Where an error would be reported. */
  node: Node | undefined
  /** The variables in scope, innermost last: three parallel stacks. */
  names: string[] = ['$']
  values: Value[]
  /** Whether the variable holds an interface, as the elements of a list of anything are; only messages tell. */
  boxed: boolean[] = [false]
  dotBoxed = false
  private readonly meter: Meter
  private written = ''
  /** At least so many bytes; exact once it could matter. */
  private outputBytes = 0
  private outputIsExact = false
  private depth = 0
  private nestedOutputs = 0

  constructor(root: Definition, definitions: DefinitionSet, options: ExecutionOptions) {
    this.template = root
    this.definitions = definitions
    this.missingKey = options.missingKey
    this.clock = options.clock
    this.random = options.random
    this.meter = new Meter(options.limits)
    this.values = [undefined]
    this.call = options.createCall(this)
  }

  get output(): string {
    return this.written
  }

  write(text: string): void {
    this.written += text
    if (this.nestedOutputs > 0) {
      this.meter.allocate(text.length)
      return
    }
    const limit = this.meter.limits.outputBytes
    this.outputBytes += this.outputIsExact ? byteLength(text) : text.length
    if (!this.outputIsExact && this.outputBytes * 3 > limit) {
      this.outputBytes = byteLength(this.written)
      this.outputIsExact = true
    }
    if (this.outputBytes > limit)
      throw new LimitError('output', `exceeded the output limit of ${limit} bytes`)
  }

  steps(count: number): void {
    this.meter.steps(count)
  }

  allocate(bytes: number): void {
    this.meter.allocate(bytes)
  }

  /** Starts a definition with nothing but `$` in scope; gives what `leave` needs to come back. */
  enter(definition: Definition, dot: Value, definitions: DefinitionSet = this.definitions): Scope {
    const { limits } = this.meter
    const { depth, template, definitions: outer, node, names, values, boxed, dotBoxed } = this
    if (depth >= limits.depth)
      throw new LimitError('depth', `exceeded the call depth limit of ${limits.depth}`)
    this.depth++
    this.template = definition
    this.definitions = definitions
    this.names = ['$']
    this.values = [dot]
    this.boxed = [false]
    this.dotBoxed = false
    return { depth, template, definitions: outer, node, names, values, boxed, dotBoxed }
  }

  leave(caller: Scope): void {
    this.depth = caller.depth
    this.template = caller.template
    this.definitions = caller.definitions
    this.node = caller.node
    this.names = caller.names
    this.values = caller.values
    this.boxed = caller.boxed
    this.dotBoxed = caller.dotBoxed
  }

  assign(variable: VariableNode, value: Value, boxed = false): void {
    const at = this.names.lastIndexOf(variable.name)
    if (at < 0) this.fail('undefined variable: %s', variable.name)
    this.values[at] = value
    this.boxed[at] = boxed
  }

  /** What `walk` writes within a definition of its own, which does not go to the output. */
  captured(definition: Definition, dot: Value, options: CaptureOptions): string {
    const outer = this.written
    const caller = this.enter(definition, dot, options.definitions)
    this.written = ''
    this.nestedOutputs++
    try {
      options.walk()
      return this.written
    } finally {
      this.leave(caller)
      this.written = outer
      this.nestedOutputs--
    }
  }

  /**
   * The error that the current node has, with a format as Go's errorf takes it.
   * `safe` is the message without values of the data, where they differ.
   */
  failure(format: string, args: readonly Value[], more: FailureDetails = {}): TemplateError {
    const message = sprintf(uncharged, format, args)
    const { safe = message, limit, cause } = more
    const { source, name: template } = this.template
    const reason = limit === undefined ? 'execute' : 'limit'
    const { node } = this
    if (node === undefined) {
      const start = `template: ${template}: `
      return new TemplateError(start + safe, {
        reason,
        template,
        detail: safe,
        goMessage: start + message,
        limit,
        cause,
      })
    }
    const place = placeOf(source, node.start)
    const location = `template: ${source.name}:${place.line}:${place.column}: `
    const shown = printNode(node)
    const context = `executing ${quote(template)} at <${limit === undefined ? shown : shorten(shown)}>: `
    const goMessage = location.includes('%')
      ? // Go takes a percent sign of the name for a directive.
        sprintf(uncharged, location + context.replaceAll('%', '%%') + format, args)
      : location + context + message
    return new TemplateError(location + context + safe, {
      reason,
      template,
      place,
      detail: safe,
      goMessage,
      limit,
      cause,
    })
  }

  fail(format: string, ...args: Value[]): never {
    throw this.failure(format, args)
  }

  /** A passed limit gets its place; a stack that ran out is the depth limit. */
  located(error: unknown): unknown {
    if (error instanceof TemplateError) return error
    if (error instanceof LimitError) return this.failure('%s', [error.message], { limit: error.limit })
    if (isStackOverflow(error)) {
      return this.failure('exceeded the call depth that the stack allows', [], { limit: 'depth' })
    }
    return error
  }
}

/** Go, which knows no limits, prints nodes in full. */
function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200).toWellFormed()}...` : text
}

export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack')
}
