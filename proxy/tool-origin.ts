// Where a relay goes, whose connections to the tool it may use, and how a new one comes about.
import type { OwnAddresses } from '../cluster/own-addresses.ts'
import type { Address } from '../connector/address.ts'
import type { Dial } from '../http/message/ports.ts'
import type { Clock } from '../runtime/clock.ts'
import { dial } from '../tool/dial/dial.ts'
import { createReach } from '../tool/dial/resolve.ts'
import { TrustStore } from '../tool/dial/trust.ts'
import type { UsableConnector } from '../tool/usable-connector.ts'
import type { Payer } from './caller.ts'
import type { ProxyConfig } from './config.ts'

export type ToolOrigin = {
  readonly key: string
  readonly host: string
  readonly address: Address
  /** Of the Connector, whose author named the address. */
  readonly namespace: string
}

const origins = new WeakMap<UsableConnector, WeakMap<Payer, ToolOrigin>>()

/** The same object for the same two. */
export function originFor(connector: UsableConnector, payer: Payer): ToolOrigin {
  let known = origins.get(connector)
  if (known === undefined) {
    known = new WeakMap()
    origins.set(connector, known)
  }
  let origin = known.get(payer)
  if (origin === undefined) {
    const { originKey, address } = connector
    const { namespace } = connector.connector.metadata
    origin = { key: `${originKey} ${payer.caller}`, host: originKey, address, namespace }
    known.set(payer, origin)
  }
  return origin
}

/** For the look-up, the connection and the TLS handshake. */
export const connectTimeoutMs = 10_000

export type DialRules = Pick<ProxyConfig, 'allowLoopback' | 'deny' | 'allow' | 'connectTo'>

export function createDial(
  { allowLoopback, deny, allow, connectTo }: DialRules,
  { ownAddresses, clock }: { readonly ownAddresses: Pick<OwnAddresses, 'has'>; readonly clock: Clock },
): Dial<ToolOrigin> {
  const trust = new TrustStore({ capacity: 64 })
  const reach = createReach({ allowLoopback, deny, allow, isOwn: ownAddresses.has }, { clock })
  return ({ address, namespace }, { signal }) =>
    dial(address, {
      signal,
      connectTo,
      reach,
      owner: namespace,
      trust: trust.context([]),
      // The address is the Connector's own.
      policy: 'own',
      connectTimeoutMs,
    })
}
