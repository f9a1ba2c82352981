// A ResourceInterface: the object as an API server stores it, and the definition that is read from it.

export const categoryLabel = 'resourceinterface.connectors.cpaas.io/category'
export const versionLabel = 'resourceinterface.connectors.cpaas.io/version'
export const schemaVersionLabel = 'resourceinterface.connectors.cpaas.io/schema-version'
export const descriptorsAnnotation = 'style.tekton.dev/descriptors'

export type ValueType = 'string' | 'array' | 'object'

/** The values of params and attributes, as Tekton knows them. */
export type Value = string | readonly string[] | Readonly<Record<string, string>>

export type ParamSpec = {
  readonly name: string
  readonly type: ValueType
  readonly default?: Value
  readonly enum?: readonly string[]
  readonly description?: string
  /** Of an object: the names of its keys. */
  readonly properties?: readonly string[]
}

export type AttributeSpec = {
  readonly name: string
  readonly type: ValueType
  /** Absent when `default` alone gives the value. */
  readonly expression?: string
  readonly default?: Value
  readonly enum?: readonly string[]
  /** `connector` and `params.<name>`. */
  readonly dependsOn: readonly string[]
  readonly parameterize?: Parameterize
  readonly description?: string
}

/** How an attribute becomes a param of a run: under this name, or not at all. */
export type Parameterize = { readonly name?: string; readonly disable: boolean }

export type WorkspaceSpec = {
  readonly name: string
  /** The workspace of a Task or Pipeline that it is meant for. */
  readonly mapping?: string
  /** A Tekton WorkspaceBinding without name, with expressions in its strings. */
  readonly value: Binding
  readonly description?: string
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** A Tekton WorkspaceBinding without name. */
export type Binding = { readonly [key: string]: Json }

export type Definition = {
  readonly name: string
  readonly category?: string
  /** 1 when the label is absent or invalid. */
  readonly schemaVersion: number
  readonly params: readonly ParamSpec[]
  readonly attributes: readonly AttributeSpec[]
  readonly workspaces: readonly WorkspaceSpec[]
  /** Several Connectors may be merged into one workspace. */
  readonly mergesConnectors: boolean
}
