// The part of Kubernetes' object model that the domain reads. Shapes follow the Kubernetes API conventions.

export type ObjectMeta = {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
}

export type OwnerReference = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

export type Secret = {
  readonly metadata: ObjectMeta
  readonly type?: string
  /** Values in Base64, as the API gives them. */
  readonly data?: Readonly<Record<string, string>>
}

/** A namespaced name, `namespace/name`. */
export type ObjectKey = { readonly namespace: string; readonly name: string }

export function objectKey(meta: ObjectMeta): string {
  return meta.namespace === undefined ? meta.name : `${meta.namespace}/${meta.name}`
}
