// Parameters: what a class declares (ParamSpec) and what a Connector or a volume gives (Param). Spec: resources.md.

export type ParamType = 'string' | 'array' | 'object'

export type ParamSpec = {
  readonly name: string
  /** `string` when absent. */
  readonly type?: ParamType
  readonly default?: unknown
  readonly description?: string
  readonly enum?: readonly string[]
  readonly properties?: Readonly<Record<string, unknown>>
  readonly annotations?: Readonly<Record<string, string>>
}

export type ParamValue = string | readonly string[] | Readonly<Record<string, string>>

export type Param = { readonly name: string; readonly value: ParamValue }

/** The given params, then the defaults of those that are declared and not given, in order of declaration. */
export function withDefaults(declared: readonly ParamSpec[], given: readonly Param[]): readonly Param[] {
  const names = new Set(given.map(param => param.name))
  const defaults = declared
    .filter(spec => spec.default !== undefined && !names.has(spec.name))
    .map(spec => ({ name: spec.name, value: spec.default as ParamValue }))
  return [...given, ...defaults]
}
