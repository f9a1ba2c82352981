// What a probe's template sees: `.Connector` and `.Secret` as Go values, in Go's field spelling.
// Spec: templates.md, "What probe templates see".
import {
  bytesType,
  definedType,
  mapOf,
  pointerTo,
  sliceOf,
  stringType,
  structType,
} from '../gotemplate/type.ts'
import { valueOfType } from '../gotemplate/typed.ts'
import type { Value } from '../gotemplate/value.ts'
import type { Connector } from './connector.ts'
import type { Param } from './param.ts'

const field = (name: string, type = stringType) => ({ name, type })

const secretType = structType('v1.Secret', [
  field('Type', definedType('v1.SecretType', stringType)),
  field('StringData', mapOf(stringType)),
  field('Data', mapOf(bytesType)),
])
const paramValueType = structType('v1.ParamValue', [
  field('Type', definedType('v1.ParamType', stringType)),
  field('StringVal'),
  field('ArrayVal', sliceOf(stringType)),
  field('ObjectVal', mapOf(stringType)),
])
const paramsType = sliceOf(structType('v1.Param', [field('Name'), field('Value', paramValueType)]))
const extensionType = structType('v1alpha1.AddressExtension', [field('Name'), field('Value')])
const secretReferenceType = structType('v1alpha1.SecretReference', [field('Name'), field('Namespace')])
const authType = structType('v1alpha1.ConnectorAuth', [
  field('Name'),
  field('SecretRef', pointerTo(secretReferenceType)),
  field('Params', paramsType),
])
const specType = structType('v1alpha1.ConnectorSpec', [
  field('ConnectorClassName'),
  field('Address'),
  field('AddressExtensions', sliceOf(extensionType)),
  field('Params', paramsType),
  field('Auth', authType),
])
const connectorType = structType('v1alpha1.Connector', [
  field('Name'),
  field('Namespace'),
  field('Spec', specType),
])
const probeType = structType('v1alpha1.Probe', [
  field('Connector', pointerTo(connectorType)),
  field('Secret', pointerTo(secretType)),
])

/** A Secret's keys, decoded. */
export type ProbeSecret = {
  readonly type: string | undefined
  readonly data: ReadonlyMap<string, Uint8Array>
}

export type ProbeSubject = {
  readonly metadata: { readonly name?: string; readonly namespace?: string }
  readonly spec: Connector['spec']
}

/** The dot of a probe's templates; without a Secret `.Secret` is nil. */
export function probeData({ metadata, spec }: ProbeSubject, secret: ProbeSecret | undefined): Value {
  return valueOfType(probeType, {
    Connector: {
      Name: metadata.name,
      Namespace: metadata.namespace,
      Spec: {
        ConnectorClassName: spec.connectorClassName,
        Address: spec.address,
        AddressExtensions: spec.addressExtensions?.map(({ name, value }) => ({ Name: name, Value: value })),
        Params: spec.params?.map(goParam),
        Auth: spec.auth && {
          Name: spec.auth.name,
          SecretRef: spec.auth.secretRef && {
            Name: spec.auth.secretRef.name,
            Namespace: spec.auth.secretRef.namespace,
          },
          Params: spec.auth.params?.map(goParam),
        },
      },
    },
    Secret: secret && goSecret(secret),
  })
}

function goParam({ name, value }: Param) {
  if (typeof value === 'string') return { Name: name, Value: { Type: 'string', StringVal: value } }
  if (Array.isArray(value)) return { Name: name, Value: { Type: 'array', ArrayVal: value } }
  return { Name: name, Value: { Type: 'object', ObjectVal: value } }
}

function goSecret({ type, data }: ProbeSecret) {
  const bytes = Object.fromEntries(data)
  return { Type: type, StringData: bytes, Data: bytes }
}

/** A Connector and its Secret (or null) as Kubernetes writes them in JSON. */
export type ProbeJson = {
  readonly connector: ProbeSubject
  readonly secret?: {
    readonly type?: string
    /** Base64. */
    readonly data?: Readonly<Record<string, string>>
  } | null
}

export function probeDataFromJson({ connector, secret }: ProbeJson): Value {
  if (secret === null || secret === undefined) return probeData(connector, undefined)
  const data = Object.entries(secret.data ?? {}).map(
    ([key, base64]) => [key, Uint8Array.from(atob(base64), char => char.charCodeAt(0))] as const,
  )
  return probeData(connector, { type: secret.type, data: new Map(data) })
}
