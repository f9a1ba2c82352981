// From a choice (an interface, Connectors, values of params) to what a run needs.
import type { Binding, Definition, Parameterize, Value, ValueType } from './definition.ts'
import type { Problem } from './problem.ts'
import type { Evaluator } from './sandbox.ts'

/** A Connector, as far as expressions and selection look at it; everything in it is visible to expressions. */
export type ConnectorObject = {
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly spec?: object
  readonly status?: object
}

export type Choice = {
  readonly definition: Definition
  /** At least one; several where the definition merges Connectors. Their order is irrelevant. */
  readonly connectors: readonly ConnectorObject[]
  /** Name to value, as the user gave it. */
  readonly params: Readonly<Record<string, unknown>>
}

/** In the order of the definition. What could not be found is left out and named in `problems`. */
export type Resolved = {
  readonly params: readonly { readonly name: string; readonly value: Value }[]
  readonly attributes: readonly ResolvedAttribute[]
  readonly workspaces: readonly ResolvedWorkspace[]
  readonly problems: readonly Problem[]
}

export type ResolvedAttribute = {
  readonly name: string
  readonly type: ValueType
  readonly value: Value
  readonly parameterize?: Parameterize
}

export type ResolvedWorkspace = {
  readonly name: string
  readonly mapping?: string
  readonly binding: Binding
}

export declare function resolveInterface(choice: Choice, options: { readonly evaluator: Evaluator }): Resolved
