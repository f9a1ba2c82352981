// A probe as it is to be sent: its request, and what its answer depends on besides the tool.
import { formatAddress } from '../../connector/address.ts'
import type { Connector } from '../../connector/connector.ts'
import type { HttpProbe, Probe } from '../../connector/connector-class.ts'
import { ConnectorsError } from '../../connector/errors.ts'
import { type ProbeRequest, renderProbe } from '../../connector/probe.ts'
import type { SecretDecision } from './secret-finding.ts'

export const probeNames = ['liveness', 'auth'] as const
export type ProbeName = (typeof probeNames)[number]

export type ProbePlan = {
  readonly name: ProbeName
  /** Of the Connector. */
  readonly namespace: string
  /** Changes with everything that the request is made of: an answer to another one says nothing. */
  readonly fingerprint: string
  readonly http: HttpProbe
  readonly request: ProbeRequest
  /** The URL as a message may show it: without anything that came from the Secret. */
  readonly shownUrl: string
}

export type ProbeInput = {
  readonly name: ProbeName
  readonly probe: Probe
  readonly connector: Connector
  readonly secret: SecretDecision['secret']
  readonly fingerprint: string
}

/** Undefined when there is nothing to ask; throws INVALID with reason ProbeInvalid for a probe that cannot be sent. */
export function planProbe({
  name,
  probe,
  connector,
  secret,
  fingerprint,
}: ProbeInput): ProbePlan | undefined {
  const { http } = probe
  if (http === undefined) {
    throw invalid(
      probe.api === undefined ? 'The probe is empty' : 'The probe asks the class API, which is not served',
    )
  }
  const open = attempt(() => renderProbe(http, connector, undefined))
  const full = secret === undefined ? open : attempt(() => renderProbe(http, connector, secret))
  if ('error' in full) {
    // What a template says when it fails may quote the Secret, unless it says the same without one.
    const known = 'error' in open && open.error.message === full.error.message
    throw known || secret === undefined
      ? invalid(firstLine(full.error.message))
      : invalid("The probe's templates cannot be rendered with this Secret")
  }
  const request = full.value
  if (request === undefined) return undefined
  const bare = 'value' in open ? open.value : undefined
  const shown = bare !== undefined && urlOf(bare) === urlOf(request)
  const shownUrl = shown ? urlOf(request) : (connector.spec.address ?? '')
  return { name, namespace: connector.metadata.namespace, fingerprint, http, request, shownUrl }
}

function attempt<T>(act: () => T): { readonly value: T } | { readonly error: Error } {
  try {
    return { value: act() }
  } catch (error) {
    if (error instanceof ConnectorsError) return { error }
    throw error
  }
}

function invalid(message: string): ConnectorsError {
  return new ConnectorsError('INVALID', 'ProbeInvalid', message)
}

function urlOf(request: ProbeRequest): string {
  return `${formatAddress(request.address)}${request.path}`
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
