// ToolOrigins: where relays go, whose connections to the tool they may use, and how a new one comes about.
import type { OwnAddresses } from '../cluster/own-addresses.ts'
import type { DialOptions, Origin } from '../http/message/ports.ts'
import type { Clock } from '../runtime/clock.ts'
import { dial } from '../tool/dial/dial.ts'
import { createReach } from '../tool/dial/resolve.ts'
import { TrustStore } from '../tool/dial/trust.ts'
import type { UsableConnector } from '../tool/usable-connector.ts'
import type { Payer } from './caller.ts'
import type { ProxyConfig } from './config.ts'

/** For the look-up, the connection and the TLS handshake. */
export const connectTimeoutMs = 10_000

export type DialRules = Pick<ProxyConfig, 'allowLoopback' | 'deny' | 'allow' | 'connectTo'>

type Connect = (connector: UsableConnector, options: DialOptions) => ReturnType<Origin['dial']>

export class ToolOrigins {
  readonly #connect: Connect
  /** Each goes with its Connector or its payer. */
  readonly #origins = new WeakMap<UsableConnector, WeakMap<Payer, Origin>>()

  constructor(connect: Connect) {
    this.#connect = connect
  }

  /** The same object for the same two. */
  of(connector: UsableConnector, payer: Payer): Origin {
    let ofConnector = this.#origins.get(connector)
    if (ofConnector === undefined) {
      ofConnector = new WeakMap()
      this.#origins.set(connector, ofConnector)
    }
    let origin = ofConnector.get(payer)
    if (origin === undefined) {
      const { originKey } = connector
      const dialTool = (options: DialOptions) => this.#connect(connector, options)
      origin = { key: `${originKey} ${payer.caller}`, host: originKey, dial: dialTool }
      ofConnector.set(payer, origin)
    }
    return origin
  }
}

export function createToolOrigins(
  { allowLoopback, deny, allow, connectTo }: DialRules,
  { ownAddresses, clock }: { readonly ownAddresses: Pick<OwnAddresses, 'has'>; readonly clock: Clock },
): ToolOrigins {
  const trust = new TrustStore({ capacity: 64 })
  const reach = createReach({ allowLoopback, deny, allow, isOwn: ownAddresses.has }, { clock })
  return new ToolOrigins(({ address, connector }, { signal }) =>
    dial(address, {
      signal,
      connectTo,
      reach,
      // Its author named the address.
      owner: connector.metadata.namespace,
      trust: trust.context([]),
      // The address is the Connector's own.
      policy: 'own',
      connectTimeoutMs,
    }),
  )
}
