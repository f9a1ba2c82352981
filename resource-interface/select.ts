// Which interface a choice means: the one of that name, or the newest of a category that the Connector's class supports.
import type { Definition } from './definition.ts'
import type { Problem } from './problem.ts'

/** Exactly one of the two. */
export type InterfaceRef = { readonly name?: string; readonly category?: string }

/** A ConnectorClass, as far as selection looks at it. */
export type ClassObject = {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
}

export type Selection = { readonly definition?: Definition; readonly problems: readonly Problem[] }

/** `classes`: those of the chosen Connectors. A problem's field is `interface.name` or `interface.category`. */
export declare function selectInterface(
  ref: InterfaceRef,
  options: { readonly definitions: readonly Definition[]; readonly classes: readonly ClassObject[] },
): Selection
