// Refusals as Kubernetes words them: a StatusError carries the Status object that the client gets.

export interface Cause {
  reason: string
  message: string
  field: string
}

export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: readonly Cause[]
  retryAfterSeconds?: number
}

export interface Status {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: Record<string, never>
  status: 'Success' | 'Failure'
  message?: string
  reason?: string
  details?: StatusDetails
  code?: number
}

export class StatusError extends Error {
  readonly status: Status
  readonly code: number

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message)
    this.name = 'StatusError'
    this.code = code
    this.status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }
    if (details !== undefined) this.status.details = details
  }
}

/** What messages need of a kind. */
export interface Named {
  readonly group: string
  readonly plural: string
  readonly kind: string
}

function groupOf({ group }: Named): { group?: string } {
  return group === '' ? {} : { group }
}

export function resourceName({ group, plural }: { group: string; plural: string }): string {
  return group === '' ? plural : `${plural}.${group}`
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message)
}

export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized')
}

export function notFound(kind: Named, name: string): StatusError {
  const details = { name, ...groupOf(kind), kind: kind.plural }
  return new StatusError(404, 'NotFound', `${resourceName(kind)} "${name}" not found`, details)
}

export function noSuchPath(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource')
}

export function alreadyExists(kind: Named, name: string): StatusError {
  const details = { name, ...groupOf(kind), kind: kind.plural }
  return new StatusError(409, 'AlreadyExists', `${resourceName(kind)} "${name}" already exists`, details)
}

export function conflict(kind: Named, name: string, why = modified): StatusError {
  const message = `Operation cannot be fulfilled on ${resourceName(kind)} "${name}": ${why}`
  return new StatusError(409, 'Conflict', message, { name, ...groupOf(kind), kind: kind.plural })
}
const modified = 'the object has been modified; please apply your changes to the latest version and try again'

export function forbidden(kind: { group: string; plural: string }, name: string, why: string): StatusError {
  const subject = name === '' ? resourceName(kind) : `${resourceName(kind)} "${name}"`
  const details: StatusDetails = { kind: kind.plural }
  if (name !== '') details.name = name
  if (kind.group !== '') details.group = kind.group
  return new StatusError(403, 'Forbidden', `${subject} is forbidden: ${why}`, details)
}

export function invalid(kind: Named, name: string, causes: readonly Cause[]): StatusError {
  const texts = causes.map(cause => `${cause.field}: ${cause.message}`)
  const text = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  const type = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`
  const details = { ...(name === '' ? {} : { name }), ...groupOf(kind), kind: kind.kind, causes }
  return new StatusError(422, 'Invalid', `${type} "${name}" is invalid: ${text}`, details)
}

export function expired(message: string): StatusError {
  return new StatusError(410, 'Expired', message)
}

export function methodNotAllowed(): StatusError {
  const message = 'the server does not allow this method on the requested resource'
  return new StatusError(405, 'MethodNotAllowed', message, {})
}

export function notAcceptable(accepted: string): StatusError {
  return new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${accepted}`)
}

export function unsupportedMediaType(accepted: string, why = ''): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted}${why}`
  return new StatusError(415, 'UnsupportedMediaType', message)
}

export const cause = {
  invalid: (field: string, value: unknown, why: string): Cause => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
    field,
  }),
  required: (field: string, why = ''): Cause => ({
    reason: 'FieldValueRequired',
    message: why === '' ? 'Required value' : `Required value: ${why}`,
    field,
  }),
  forbidden: (field: string, why: string): Cause => ({
    reason: 'FieldValueForbidden',
    message: `Forbidden: ${why}`,
    field,
  }),
  unsupported: (field: string, value: unknown, supported: readonly unknown[]): Cause => ({
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map(one => JSON.stringify(one)).join(', ')}`,
    field,
  }),
}
