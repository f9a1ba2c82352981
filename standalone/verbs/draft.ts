// From a request's body to an object that may be stored: decoded, shaped by its schema, checked.
import type { Kind } from '../kinds.ts'
import { metadataCauses } from '../names.ts'
import { type Fields, fieldsOf, isFields, isTooDeep, type KubeObject, listOf } from '../object.ts'
import { ruleViolations } from '../rules.ts'
import { shape, violations } from '../schema.ts'
import { badRequest, cause, invalid } from '../status.ts'
import type { Store } from '../store.ts'
import type { User } from '../user.ts'

export interface WriteOptions {
  /** '' for kinds without one. */
  readonly namespace: string
  readonly dryRun?: boolean
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore'
  /** Absent for what the server itself writes. */
  readonly user?: User | undefined
}

export interface Written {
  readonly object: KubeObject
  readonly created: boolean
  readonly warnings: readonly string[]
}

export interface Draft {
  readonly object: KubeObject
  readonly warnings: readonly string[]
}

export function apiVersionOf({ group, version }: Kind): string {
  return group === '' ? version : `${group}/${version}`
}

/** The body as an object of the kind, with defaults and without what the schema does not know. */
export function parseDraft(kind: Kind, body: unknown, options: WriteOptions): Draft {
  if (!isFields(body)) throw badRequest(`the object provided is unrecognized (must be of type ${kind.kind})`)
  requireKind(kind, body)
  if (isTooDeep(body)) throw badRequest(`${cannotBeHandled(kind)}: it is nested too deeply`)
  const unknown: string[] = []
  const whole = { ...body, apiVersion: apiVersionOf(kind), kind: kind.kind }
  const object = shape(whole, kind.schema, unknown) as KubeObject
  object.metadata = { ...object.metadata }
  delete object.metadata.managedFields
  delete object.metadata.selfLink
  const namespace = object.metadata.namespace ?? ''
  if (namespace !== '' && namespace !== options.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  if (options.namespace === '') delete object.metadata.namespace
  else object.metadata.namespace = options.namespace
  const problems = unknown.map(field => `unknown field "${field}"`)
  if (problems.length > 0 && options.fieldValidation === 'Strict') {
    throw badRequest(`${cannotBeHandled(kind)}: strict decoding error: ${problems.join(', ')}`)
  }
  return { object, warnings: options.fieldValidation === 'Ignore' ? [] : problems }
}

function requireKind(kind: Kind, body: Fields): void {
  const expected = apiVersionOf(kind)
  const { apiVersion, kind: name } = body
  if (kind.custom) {
    const missing =
      typeof name !== 'string' ? 'Kind' : typeof apiVersion !== 'string' ? 'apiVersion' : undefined
    if (missing !== undefined) throw badRequest(`Object '${missing}' is missing in the body of the request`)
    if (name !== kind.kind) {
      const named = String(fieldsOf(body['metadata'])['name'] ?? '')
      throw invalid({ ...kind, kind: String(name) }, named, [
        cause.invalid('kind', name, `must be ${kind.kind}`),
      ])
    }
  }
  const isOther = (value: unknown, wanted: string) => value !== undefined && value !== '' && value !== wanted
  if (isOther(name, kind.kind) || isOther(apiVersion, expected)) {
    throw badRequest(
      `the API version in the data (${apiVersion}, Kind=${name}) does not match the expected API version (${expected}, Kind=${kind.kind})`,
    )
  }
}

function cannotBeHandled(kind: Kind): string {
  return `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}`
}

/** Completes the draft as its kind does and throws when it may not be stored. */
export function admitDraft(
  kind: Kind,
  draft: KubeObject,
  context: {
    readonly previous: KubeObject | undefined
    readonly store: Store
    readonly user: User | undefined
  },
): void {
  const wrong = violations(draft, kind.schema)
  const mistyped = wrong.find(({ reason }) => reason === 'FieldValueTypeInvalid')
  // A typed decoder refuses a wrong type before anything is validated.
  if (mistyped !== undefined && (!kind.custom || mistyped.field.startsWith('metadata'))) {
    throw badRequest(`${cannotBeHandled(kind)}: json: ${mistyped.field}: ${mistyped.message}`)
  }
  const undecodable = wrong.find(({ message }) => message.includes('must match format "byte"'))
  if (undecodable !== undefined && !kind.custom) {
    throw badRequest(`${cannotBeHandled(kind)}: illegal base64 data in ${undecodable.field}`)
  }
  const causes = [...metadataCauses(kind, draft), ...wrong]
  causes.push(...ruleViolations(draft, { schema: kind.schema, previous: context.previous, wrong: causes }))
  if (listOf(draft.metadata.finalizers).length > 0) {
    const why = 'finalizers are not supported by the embedded control plane'
    causes.push(cause.forbidden('metadata.finalizers', why))
  }
  delete draft.metadata.finalizers
  if (causes.length === 0) causes.push(...(kind.admit?.(draft, context) ?? []))
  if (causes.length > 0) throw invalid(kind, draft.metadata.name ?? '', causes)
}
