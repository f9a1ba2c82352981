// The Kubernetes kinds that we read and write, as they travel: the official client's types with what its
// decoder would change (dates, renamed fields) put back to JSON. Types only: the classes weigh 80 MiB.
import type {
  AuthenticationV1TokenRequest,
  CoreV1Event,
  V1ConfigMap,
  V1CSIDriver,
  V1Lease,
  V1Namespace,
  V1ObjectMeta,
  V1Pod,
  V1Role,
  V1RoleBinding,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1Status,
  V1SubjectAccessReview,
  V1TokenReview,
} from '@kubernetes/client-node'
import type { ObjectMeta } from '../../connector/object.ts'

/** A type of the official client in the form it has on the wire: dates are RFC 3339 text, everything is read-only. */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Wire<Item>[]
    : T extends object
      ? { readonly [Key in keyof T as Key extends `_${infer Name}` ? Name : Key]: Wire<T[Key]> }
      : T

/** What every stored object has. The domain's own types satisfy it. */
export interface KubeObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
}

export type NewMeta = Wire<V1ObjectMeta>

type Named<T extends { metadata?: unknown }> = Omit<Wire<T>, 'metadata'> & {
  readonly metadata: Omit<NewMeta, 'name'> & { readonly name: string }
}

/** An object before the API server named and stamped it (`generateName` may stand for the name). */
export type NewObject<T extends KubeObject> = Omit<T, 'metadata'> & { readonly metadata: NewMeta }

export type ConfigMap = Named<V1ConfigMap>
export type CSIDriver = Named<V1CSIDriver>
export type KubeEvent = Named<CoreV1Event>
export type Lease = Named<V1Lease>
export type Namespace = Named<V1Namespace>
export type Pod = Named<V1Pod>
export type Role = Named<V1Role>
export type RoleBinding = Named<V1RoleBinding>
export type Secret = Named<V1Secret>
export type Service = Named<V1Service>
export type ServiceAccount = Named<V1ServiceAccount>

export type Status = Wire<V1Status>
export type SubjectAccessReview = Wire<V1SubjectAccessReview>
export type TokenRequest = Wire<AuthenticationV1TokenRequest>
export type TokenReview = Wire<V1TokenReview>

/** `namespace/name`, or the name alone for what is cluster-wide. */
export interface ObjectRef {
  readonly namespace?: string | undefined
  readonly name: string
}

export function refKey(ref: ObjectRef): string {
  return ref.namespace === undefined ? ref.name : `${ref.namespace}/${ref.name}`
}
