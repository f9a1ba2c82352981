// probe: the request that checks a tool, rendered from its class, and what its answer means.
// Spec: resources.md, "HTTP probe"; templates.md, "What probe templates see".
import type { Address } from './address.ts'
import { defaultPort, parseAddress } from './address.ts'
import type { Connector } from './connector.ts'
import type { HttpProbe } from './connector-class.ts'
import type { Credential } from './credential.ts'
import { ConnectorsError } from './errors.ts'
import { parsePredicate } from './expression.ts'
import { type ProbeSecret, probeData } from './probe-data.ts'
import { renderTemplate } from './template.ts'

export type ProbeRequest = {
  readonly method: 'GET' | 'POST'
  /** Where to connect; its prefix is empty, for a probe's path is absolute on the host. */
  readonly address: Address
  readonly path: string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly followRedirects: boolean
}

export type ProbeAnswer = {
  readonly statusCode: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, readonly string[]>
  /** At most 1 MiB. */
  readonly body: string
}

/**
 * The request of a probe, or undefined when its path renders empty: then there is nothing to ask.
 * A template that fails throws INVALID with reason ProbeInvalid.
 */
export function renderProbe(
  probe: HttpProbe,
  connector: Connector,
  secret: { readonly credential: Credential; readonly type: string } | undefined,
): ProbeRequest | undefined {
  const data = probeData(connector, secret && decoded(secret))
  const render = (template: string, field: string) => {
    try {
      return new TextDecoder().decode(renderTemplate(template, { name: field, data }))
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new ConnectorsError('INVALID', 'ProbeInvalid', `Cannot render the probe's ${field}: ${why}`)
    }
  }
  const path = render(probe.path, 'path').trim()
  if (path === '') return undefined

  const own = parseAddress(connector.spec.address ?? '', 'spec.address')
  const host = render(probe.host ?? '', 'host').trim()
  const address = probeAddress(own, host, probe.scheme)
  const headers = headerList(probe.httpHeaders)
    .map(({ name, value }) => ({ name, value: render(value, `header ${name}`).trim() }))
    .filter(header => header.value !== '')
  for (const { name, value } of headers) {
    if (/[\r\n\0]/.test(value)) {
      throw new ConnectorsError(
        'INVALID',
        'ProbeInvalid',
        `Cannot send the probe's header "${name}": its value holds a line break or a NUL`,
      )
    }
  }
  if (/[^\x21-\x7e]/.test(path)) {
    throw new ConnectorsError(
      'INVALID',
      'ProbeInvalid',
      "Cannot request the probe's path as it renders: it holds a space, a control or a non-ASCII character",
    )
  }
  return {
    method: probe.method ?? 'GET',
    address,
    path: path.startsWith('/') ? path : `/${path}`,
    headers,
    followRedirects: probe.disableRedirect !== true,
  }
}

function decoded({
  credential,
  type,
}: {
  readonly credential: Credential
  readonly type: string
}): ProbeSecret {
  const encoder = new TextEncoder()
  const data = new Map([...credential.values].map(([key, value]) => [key, encoder.encode(value.reveal())]))
  return { type, data }
}

function probeAddress(own: Address, host: string, scheme: 'http' | 'https' | undefined): Address {
  if (host === '' || host.toLowerCase() === own.host) {
    const chosen = scheme ?? own.scheme
    if (chosen === own.scheme) return { ...own, prefix: '' }
    return { ...own, scheme: chosen, port: defaultPort(chosen), host: own.hostname, prefix: '' }
  }
  const other = parseAddress(`${scheme ?? 'http'}://${host}`, "the probe's host")
  if (other.prefix !== '') {
    throw new ConnectorsError(
      'INVALID',
      'ProbeInvalid',
      `Cannot use "${host}" as the probe's host: it has a path`,
    )
  }
  return other
}

function headerList(headers: HttpProbe['httpHeaders']): readonly { name: string; value: string }[] {
  if (headers === undefined) return []
  if (Array.isArray(headers)) return headers
  return Object.entries(headers).map(([name, value]) => ({ name, value }))
}

/** What a probe's expression sees. */
export const probeVariables: readonly string[] = ['response']

/** Whether the answer is a success: the class's CEL expression, or any 2xx without one. */
export function isProbeSuccess(probe: HttpProbe, answer: ProbeAnswer): boolean {
  const cel = probe.response?.cel
  if (cel === undefined || cel.trim() === '') return answer.statusCode >= 200 && answer.statusCode < 300
  const headers: Record<string, readonly string[]> = {}
  for (const [name, values] of answer.headers) {
    headers[name] = values
    headers[canonicalHeaderName(name)] = values
  }
  return parsePredicate(cel, { field: 'response.cel', variables: probeVariables })({
    response: {
      statusCode: BigInt(answer.statusCode),
      bodyString: answer.body,
      headers,
      body: jsonBody(answer),
    },
  })
}

function jsonBody(answer: ProbeAnswer): unknown {
  const type = answer.headers.get('content-type')?.[0] ?? ''
  if (!/[/+]json\b/i.test(type)) return null
  try {
    return JSON.parse(answer.body)
  } catch {
    return null
  }
}

function canonicalHeaderName(name: string): string {
  return name.replace(/(^|-)[a-z]/g, start => start.toUpperCase())
}
