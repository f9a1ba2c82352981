// observe: all that a decision about one ConnectorClass needs, read once.
import type { ConnectorClass, Destination } from '../../connector/connector-class.ts'
import type { Informer } from '../../kube/cache/informer.ts'
import type { Service } from '../../kube/object/objects.ts'
import type { CheckResult, CheckResults } from '../checks/results.ts'
import { destinationService } from './destination.ts'

export type LinkName = 'api' | 'proxy'

export type ObservedLink = {
  readonly service: Service | undefined
  /** The last answer, also of another URL than the present one: see `fingerprint`. */
  readonly result: CheckResult | undefined
}

export type ObservedConnectorClass = {
  readonly connectorClass: ConnectorClass
  readonly links: Readonly<Record<LinkName, ObservedLink>>
}

export type ConnectorClassSources = {
  readonly connectorClasses: Pick<Informer<ConnectorClass>, 'get'>
  readonly services: Pick<Informer<Service>, 'get' | 'fetch'>
  readonly results: CheckResults
  readonly systemNamespace: string
}

/** Undefined for a class that is gone or going. */
export async function observeConnectorClass(
  name: string,
  sources: ConnectorClassSources,
  { signal }: { readonly signal: AbortSignal },
): Promise<ObservedConnectorClass | undefined> {
  const connectorClass = sources.connectorClasses.get(undefined, name)
  if (connectorClass === undefined || connectorClass.metadata.deletionTimestamp !== undefined)
    return undefined
  const observeLink = async (link: LinkName, destination: Destination | undefined): Promise<ObservedLink> => {
    const key = destinationService(destination, sources.systemNamespace)
    // Dropped when it arrived, if no class named it then.
    const service =
      key &&
      (sources.services.get(key.namespace, key.name) ?? (await sources.services.fetch(key, { signal })))
    return { service, result: sources.results.last(classOwner(name), link) }
  }
  const { api, proxy } = connectorClass.spec
  return {
    connectorClass,
    links: { api: await observeLink('api', api), proxy: await observeLink('proxy', proxy) },
  }
}

/** A class's checks beside those of Connectors, whose owners are `namespace/name`. */
export function classOwner(name: string): string {
  return `class ${name}`
}

export function classOfOwner(owner: string): string | undefined {
  return owner.startsWith('class ') ? owner.slice('class '.length) : undefined
}
