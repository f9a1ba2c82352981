// One tool: the Connector object. Spec: resources.md, "Connector.spec" and "Connector.status".
import type { Condition } from './condition.ts'
import type { ObjectMeta } from './object.ts'
import type { Param } from './param.ts'

export const apiGroup = 'connectors.alauda.io'
export const apiVersion = 'connectors.alauda.io/v1alpha1'

/** Rules on the use of a Connector. */
export const policyAnnotation = 'connectors.cpaas.io/policy'

export type Connector = {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta & { readonly namespace: string }
  readonly spec: ConnectorSpec
  readonly status?: ConnectorStatus
}

/** The schema requires no field: validation says what is missing. */
export type ConnectorSpec = {
  readonly connectorClassName?: string
  readonly address?: string
  readonly addressExtensions?: readonly AddressExtension[]
  readonly params?: readonly Param[]
  readonly auth?: ConnectorAuth
  readonly caCertSecretRef?: { readonly name: string }
}

export type AddressExtension = { readonly name: string; readonly value: string }

export type ConnectorAuth = {
  readonly name?: string
  readonly secretRef?: { readonly name?: string; readonly namespace?: string }
  readonly params?: readonly Param[]
}

export type ConnectorStatus = {
  readonly observedGeneration?: number
  readonly conditions?: readonly Condition[]
  readonly proxy?: { readonly httpAddress?: { readonly url?: string } }
  readonly api?: { readonly path?: string }
}

/** The Secret of the Connector's credential, or undefined when it names none. */
export function credentialSecretName(connector: Connector): string | undefined {
  return connector.spec.auth?.secretRef?.name
}
