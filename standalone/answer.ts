// What a request gets back, and in which of the forms that it accepts.
import type { IncomingHttpHeaders } from 'node:http'
import { parse } from 'yaml'
import { isFields, isTooDeep } from './object.ts'
import { parseProtobuf, protobufType } from './protobuf.ts'
import { badRequest, notAcceptable, unsupportedMediaType } from './status.ts'

export interface Answer {
  readonly status: number
  /** JSON, unless a content type says otherwise. */
  readonly body: string
  readonly contentType?: string
  readonly warnings?: readonly string[]
}

export function json(status: number, body: unknown, warnings: readonly string[] = []): Answer {
  return { status, body: typeof body === 'string' ? body : JSON.stringify(body), warnings }
}

interface MediaType {
  readonly type: string
  readonly parameters: { readonly [name: string]: string }
}

function parseMediaTypes(header: string | undefined): MediaType[] {
  return (header ?? '*/*').split(',').map(entry => {
    const [type = '', ...parameters] = entry.split(';').map(part => part.trim())
    const pairs = parameters.map(parameter => {
      const [name = '', value = ''] = parameter.split('=')
      return [name, value]
    })
    return { type: type.toLowerCase(), parameters: Object.fromEntries(pairs) }
  })
}

/** The first form in the Accept header that is served: plain objects, or a table. */
export function acceptedForm(headers: IncomingHttpHeaders): 'object' | 'table' {
  for (const { type, parameters } of parseMediaTypes(headers.accept)) {
    if (!['application/json', 'application/*', '*/*'].includes(type)) continue
    const { as, g, v } = parameters
    if (as === undefined) return 'object'
    if (as === 'Table' && g === 'meta.k8s.io' && v === 'v1') return 'table'
  }
  throw notAcceptable('application/json')
}

export function acceptsAggregatedDiscovery(headers: IncomingHttpHeaders): boolean {
  return parseMediaTypes(headers.accept).some(
    ({ parameters: { g, v, as } }) =>
      g === 'apidiscovery.k8s.io' && v === 'v2' && as === 'APIGroupDiscoveryList',
  )
}

/** The body of a write as a value: JSON or YAML, and for some kinds protobuf. */
export function parseBody(
  body: Buffer,
  contentType: string | undefined,
  { kind }: { readonly kind: string },
): unknown {
  const [{ type = '' } = {}] = parseMediaTypes(contentType ?? 'application/json')
  if (type === protobufType) return parseProtobuf(body)
  const accepted = ['application/json', 'application/yaml']
  if (!accepted.includes(type)) throw unsupportedMediaType(accepted.join(', '))
  try {
    const value: unknown = type === 'application/yaml' ? parse(body.toString()) : JSON.parse(body.toString())
    if (isFields(value)) return value
  } catch {
    // Refused below: the parser's message would repeat what is in the body.
  }
  throw badRequest(
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; the body is not an object`,
  )
}

/** A patch is JSON, whatever its type. */
export function parsePatch(body: Buffer): unknown {
  try {
    const patch: unknown = JSON.parse(body.toString())
    if (!isTooDeep(patch)) return patch
    throw new RangeError('nested too deeply')
  } catch {
    throw badRequest('error decoding patch: the body is not JSON, or nested too deeply')
  }
}
