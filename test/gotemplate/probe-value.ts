// The Go value that a probe template sees, from Kubernetes JSON: shapes as the golden files' README gives them.
import {
  bytesType,
  definedType,
  mapOf,
  pointerTo,
  sliceOf,
  stringType,
  structType,
} from '../../gotemplate/type.ts'
import { valueOfType } from '../../gotemplate/typed.ts'
import type { Value } from '../../gotemplate/value.ts'

const strings = sliceOf(stringType)
const stringMap = mapOf(stringType)
const field = (name: string, type = stringType) => ({ name, type })

const secret = structType('v1.Secret', [
  field('Type', definedType('v1.SecretType', stringType)),
  field('StringData', stringMap),
  field('Data', mapOf(bytesType)),
])
const paramValue = structType('v1.ParamValue', [
  field('Type', definedType('v1.ParamType', stringType)),
  field('StringVal'),
  field('ArrayVal', strings),
  field('ObjectVal', stringMap),
])
const params = sliceOf(structType('v1.Param', [field('Name'), field('Value', paramValue)]))
const secretReference = structType('v1alpha1.SecretReference', [field('Name'), field('Namespace')])
const auth = structType('v1alpha1.ConnectorAuth', [
  field('Name'),
  field('SecretRef', pointerTo(secretReference)),
  field('Params', params),
])
const spec = structType('v1alpha1.ConnectorSpec', [
  field('ConnectorClassName'),
  field('Address'),
  field(
    'AddressExtensions',
    sliceOf(structType('v1alpha1.AddressExtension', [field('Name'), field('Value')])),
  ),
  field('Params', params),
  field('Auth', auth),
])
const connector = structType('v1alpha1.Connector', [field('Name'), field('Namespace'), field('Spec', spec)])
const probe = structType('v1alpha1.Probe', [
  field('Connector', pointerTo(connector)),
  field('Secret', pointerTo(secret)),
])

interface ParamJson {
  readonly name: string
  readonly value: string | readonly string[] | Readonly<Record<string, string>>
}

export interface ProbeJson {
  readonly connector: {
    readonly metadata: { readonly name?: string; readonly namespace?: string }
    readonly spec: {
      readonly connectorClassName?: string
      readonly address?: string
      readonly addressExtensions?: readonly { readonly name: string; readonly value: string }[]
      readonly params?: readonly ParamJson[]
      readonly auth?: {
        readonly name?: string
        readonly secretRef?: { readonly name?: string; readonly namespace?: string }
        readonly params?: readonly ParamJson[]
      }
    }
  }
  readonly secret: { readonly type?: string; readonly data?: Readonly<Record<string, string>> } | null
}

export function probeValue({ connector, secret }: ProbeJson): Value {
  const { metadata, spec } = connector
  return valueOfType(probe, {
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

function goParam({ name, value }: ParamJson) {
  if (typeof value === 'string') return { Name: name, Value: { Type: 'string', StringVal: value } }
  if (Array.isArray(value)) return { Name: name, Value: { Type: 'array', ArrayVal: value } }
  return { Name: name, Value: { Type: 'object', ObjectVal: value } }
}

function goSecret({ type, data }: NonNullable<ProbeJson['secret']>) {
  const decoded = Object.entries(data ?? {}).map(
    ([key, value]) => [key, Buffer.from(value, 'base64')] as const,
  )
  return {
    Type: type,
    StringData: Object.fromEntries(decoded),
    Data: Object.fromEntries(decoded),
  }
}
