// decide: what a ConnectorClass's status is. Pure. Spec: resources.md, "ConnectorClass.status".
import { conditionsFromFindings, type Finding, readyFinding } from '../../connector/condition.ts'
import type { ConnectorClass, ConnectorClassStatus, Destination } from '../../connector/connector-class.ts'
import { ConnectorsError } from '../../connector/errors.ts'
import { formatProblems } from '../../connector/validate.ts'
import { regoFields, validateConnectorClass } from '../../connector/validate-class.ts'
import { resolveDestination } from './destination.ts'
import type { LinkName, ObservedConnectorClass, ObservedLink } from './observe.ts'

export type ConnectorClassDecision = {
  readonly status: ConnectorClassStatus
  /** The addresses whose link is to be tested. */
  readonly links: readonly { readonly name: LinkName; readonly url: string }[]
}

export type DecideClassOptions = {
  readonly systemNamespace: string
  /** RFC 3339, in seconds as the API writes times. */
  readonly now: string
}

export function decideConnectorClass(
  { connectorClass, links }: ObservedConnectorClass,
  { systemNamespace, now }: DecideClassOptions,
): ConnectorClassDecision {
  const { spec, status, metadata } = connectorClass
  const decideOne = (name: LinkName, destination: Destination | undefined) =>
    decideLink({ name, destination, link: links[name], systemNamespace, connectorClass })
  const api = decideOne('api', spec.api)
  const proxy = decideOne('proxy', spec.proxy)
  const required = [api.finding, proxy.finding]
  const findings = [...required, decideReady(connectorClass, required)]
  const { api: _, proxy: __, ...kept } = status ?? {}
  return {
    status: {
      ...kept,
      ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
      conditions: conditionsFromFindings(findings, status?.conditions, now),
      ...(api.url === undefined ? {} : { api: { address: { url: api.url } } }),
      ...(proxy.url === undefined ? {} : { proxy: { httpAddress: { url: proxy.url } } }),
    },
    links: [
      ...(api.url === undefined ? [] : [{ name: 'api', url: api.url } as const]),
      ...(proxy.url === undefined ? [] : [{ name: 'proxy', url: proxy.url } as const]),
    ],
  }
}

function decideReady(connectorClass: ConnectorClass, required: readonly Finding[]): Finding {
  const problems = validateConnectorClass(connectorClass)
  const no = (reason: string, message: string): Finding => ({
    type: 'Ready',
    status: 'False',
    reason,
    message,
  })
  if (problems.length > 0) return no('ConnectorClassInvalid', formatProblems(problems))
  const rego = regoFields(connectorClass)
  if (rego.length > 0) {
    return no('RegoUnsupported', `Rego is not run, write the expression in cel: ${rego.join(', ')}`)
  }
  return readyFinding(required)
}

const conditionTypes = { api: 'APIReady', proxy: 'ProxyReady' } satisfies Record<LinkName, string>

type LinkInput = {
  readonly name: LinkName
  readonly destination: Destination | undefined
  readonly link: ObservedLink
  readonly systemNamespace: string
  readonly connectorClass: ConnectorClass
}

function decideLink(input: LinkInput): { readonly finding: Finding; readonly url?: string } {
  const { name, destination, link, systemNamespace } = input
  const type = conditionTypes[name]
  if (destination === undefined || (destination.ref === undefined && destination.uri === undefined)) {
    const reason = name === 'api' ? 'NonAPI' : 'NonProxy'
    return { finding: { type, status: 'True', reason, message: '' } }
  }
  try {
    const preferredScheme = name === 'api' ? 'https' : 'http'
    const { service } = link
    const url = resolveDestination({ destination, service, systemNamespace, preferredScheme })
    return { finding: linkFinding(input, url), url }
  } catch (error) {
    if (!(error instanceof ConnectorsError)) throw error
    return { finding: { type, status: 'False', reason: error.reason, message: error.message } }
  }
}

function linkFinding({ name, link, connectorClass }: LinkInput, url: string): Finding {
  const type = conditionTypes[name]
  if (link.result?.fingerprint === url) return { type, ...link.result.outcome }
  const { status } = connectorClass
  const published = name === 'api' ? status?.api?.address?.url : status?.proxy?.httpAddress?.url
  const before = status?.conditions?.find(condition => condition.type === type)
  // After a restart of the controller, what was found before stands until the link has been tested.
  if (link.result === undefined && published === url && before !== undefined) {
    return { type, status: before.status, reason: before.reason, message: before.message }
  }
  return { type, status: 'Unknown', reason: 'Checking', message: 'The address has not been tried yet' }
}
