// One kind of tool: the ConnectorClass object. Spec: resources.md, "ConnectorClass.spec" and "ConnectorClass.status".
import type { Condition } from './condition.ts'
import type { ObjectMeta } from './object.ts'
import type { ParamSpec } from './param.ts'

export type ConnectorClass = {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
  readonly spec: ConnectorClassSpec
  readonly status?: ConnectorClassStatus
}

export type ConnectorClassSpec = {
  readonly address?: Omit<ParamSpec, 'name'> & { readonly name?: string }
  readonly addressExtensions?: readonly ParamSpec[]
  readonly params?: readonly ParamSpec[]
  readonly auth?: { readonly types?: readonly AuthType[] }
  readonly livenessProbe?: Probe
  readonly authProbes?: readonly AuthProbe[]
  readonly api?: Destination
  readonly proxy?: ProxyDestination
  readonly configurations?: readonly Configuration[]
}

export type AuthType = {
  readonly name: string
  readonly secretType?: string
  readonly optional?: boolean
  readonly params?: readonly ParamSpec[]
  readonly displayName?: string
  readonly description?: string
  readonly generator?: Expression
}

/** An expression in CEL; `rego` is kept for older objects and never run. */
export type Expression = { readonly cel?: string; readonly rego?: string }

export type Probe = { readonly http?: HttpProbe; readonly api?: { readonly path?: string } }

export type HttpProbe = {
  readonly path: string
  readonly method?: 'GET' | 'POST'
  /** A list of `{name, value}`, or a plain map of names to values. */
  readonly httpHeaders?:
    | readonly { readonly name: string; readonly value: string }[]
    | Readonly<Record<string, string>>
  readonly host?: string
  readonly scheme?: 'http' | 'https'
  readonly disableRedirect?: boolean
  readonly response?: { readonly cel?: string }
}

export type AuthProbe = {
  readonly authName: string
  readonly params?: readonly ParamSpec[]
  readonly probe: Probe
}

export type Destination = {
  readonly ref?: {
    readonly kind?: string
    readonly name: string
    readonly namespace?: string
    readonly apiVersion?: string
  }
  readonly uri?: string
}

export type ProxyDestination = Destination & { readonly authExtractor?: Expression }

export type Configuration = {
  readonly name: string
  /** File name to template. */
  readonly data?: Readonly<Record<string, string>>
  readonly params?: readonly ParamSpec[]
  readonly annotations?: Readonly<Record<string, string>>
}

export type ConnectorClassStatus = {
  readonly observedGeneration?: number
  readonly conditions?: readonly Condition[]
  readonly api?: { readonly address?: { readonly url?: string } }
  readonly proxy?: { readonly httpAddress?: { readonly url?: string } }
}

export const proxyResolverAnnotation = 'connectors.cpaas.io/proxy-resolver'

/** `"true"`: the class's own proxy asks the installation's about tokens, which may be sealed then. */
export const sealedTokensAnnotation = 'connectors.cpaas.io/sealed-tokens'

/** `"false"`: the bodies of answers pass without being searched for the credential. */
export const scanAnswersAnnotation = 'connectors.cpaas.io/scan-answers'

export type ProxyResolver = 'host' | 'path'

export function proxyResolver(connectorClass: ConnectorClass): ProxyResolver {
  return connectorClass.metadata.annotations?.[proxyResolverAnnotation] === 'path' ? 'path' : 'host'
}

export function hasProxy(connectorClass: ConnectorClass): boolean {
  const proxy = connectorClass.spec.proxy
  return proxy !== undefined && (proxy.ref !== undefined || proxy.uri !== undefined)
}

export function authType(connectorClass: ConnectorClass, name: string): AuthType | undefined {
  return connectorClass.spec.auth?.types?.find(type => type.name === name)
}
