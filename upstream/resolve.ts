// From a host to the addresses that we may connect to, each checked. The name is looked up once: what was checked
// is what is connected to, so that a second answer of the DNS cannot lead elsewhere.
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { type Endpoint, endpointKey } from './connect-to.ts'
import { DialError } from './dial-error.ts'
import { type AddressKind, type AddressPolicy, addressKind, isAllowed } from './guard.ts'

/** One refused address refuses the name: a name with a public and a metadata address is an attack, not a tool. */
export async function resolveEndpoint(endpoint: Endpoint, policy: AddressPolicy): Promise<readonly string[]> {
  const target = endpointKey(endpoint)
  const addresses = isIP(endpoint.host) > 0 ? [endpoint.host] : await lookUp(endpoint.host, target)
  for (const address of addresses) {
    const kind = addressKind(address)
    if (!isAllowed(kind, policy)) {
      throw new DialError('AddressRefused', target, `${kindWords[kind]} are not allowed here`)
    }
  }
  return addresses
}

const kindWords = {
  public: 'public addresses',
  private: 'private addresses',
  loopback: 'loopback addresses',
  'link-local': 'link-local addresses',
  metadata: 'addresses of metadata services',
  reserved: 'reserved addresses',
} satisfies Record<AddressKind, string>

async function lookUp(host: string, target: string): Promise<readonly string[]> {
  try {
    const found = await lookup(host, { all: true, order: 'verbatim' })
    if (found.length > 0) return found.map(entry => entry.address)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAI_AGAIN') {
      throw new DialError('NameNotFound', target, 'looking up the host failed for now', { cause: error })
    }
  }
  throw new DialError('NameNotFound', target, 'no such host')
}
