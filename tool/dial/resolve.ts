// From a host to the addresses that we may connect to, each checked. The name is looked up once: what was checked
// is what is connected to, so that a second answer of the DNS cannot lead elsewhere.
import type { Clock } from '../../runtime/clock.ts'
import { type AddressGuard, type AddressRules, createAddressGuard } from './address-rules.ts'
import { type Endpoint, endpointKey } from './connect-to.ts'
import { DialError } from './dial-error.ts'
import type { AddressPolicy } from './guard.ts'
import { Lookups } from './lookups.ts'

export type Reach = {
  readonly lookups: Lookups
  readonly guard: AddressGuard
}

export function createReach(rules: AddressRules, { clock }: { readonly clock: Clock }): Reach {
  return { lookups: new Lookups({ clock }), guard: createAddressGuard(rules) }
}

export type ResolveOptions = {
  readonly reach: Reach
  readonly policy: AddressPolicy
  /** Who named the host: a namespace. */
  readonly owner: string
}

/** One refused address refuses the name: a name with a public and a metadata address is an attack, not a tool. */
export async function resolveEndpoint(
  endpoint: Endpoint,
  { reach, policy, owner }: ResolveOptions,
): Promise<readonly string[]> {
  const target = endpointKey(endpoint)
  const addresses = await reach.lookups.find(endpoint.host, { owner, target })
  if (addresses.length === 0) throw new DialError('NameNotFound', target, 'no such host')
  for (const address of addresses) {
    const refusal = reach.guard(address, policy)
    if (refusal !== undefined) throw new DialError('AddressRefused', target, refusal)
  }
  return addresses
}
