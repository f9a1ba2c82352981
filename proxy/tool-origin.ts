// Where a relay goes, and whose connections to the tool it may use.
import type { Address } from '../connector/address.ts'
import type { UsableConnector } from '../tool/usable-connector.ts'
import type { Payer } from './caller.ts'

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
