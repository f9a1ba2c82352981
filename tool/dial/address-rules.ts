// Which addresses we may connect to in this installation: what an address is (guard), whose it is, and what the
// administrator allows on top. Spec: proxy.md, "Strictness".
import { BlockList, isIP } from 'node:net'
import { ConnectorsError } from '../../connector/errors.ts'
import { type Flag, listFlag } from '../../runtime/flags.ts'
import { type AddressKind, type AddressPolicy, addressKind, ipv4sWithin } from './guard.ts'

export type AddressRules = {
  /** For development, where tools are on this machine: in a cluster, loopback is the proxy's own pod. */
  readonly allowLoopback: boolean
  readonly deny: Cidrs
  /** Exceptions of `deny`, and of nothing else. */
  readonly allow: Cidrs
  /** Whether an address is one of the installation's own: nobody is sent there. */
  readonly isOwn: (ip: string) => boolean
}

/** Why an address is refused, in words that name it only by what it is; undefined for one that is allowed. */
export type AddressGuard = (ip: string, policy: AddressPolicy) => string | undefined

export function createAddressGuard({ allowLoopback, deny, allow, isOwn }: AddressRules): AddressGuard {
  return (ip, policy) => {
    const kind = addressKind(ip)
    const isLoopback = kind === 'loopback' && allowLoopback
    const isInner = kind === 'private' || isLoopback
    if (kind !== 'public' && !(isInner && policy !== 'public'))
      return `${kindWords[kind]} are not allowed here`
    if (policy === 'class') return undefined
    // The address as it is dialled, and as a gateway would send it on.
    const views = [ip, ...ipv4sWithin(ip)]
    if (views.some(isOwn)) return 'addresses of this installation are not allowed'
    const isDenied = views.some(view => deny.has(view)) && !views.some(view => allow.has(view))
    return isDenied ? 'the administrator does not allow this address' : undefined
  }
}

const kindWords = {
  public: 'public addresses',
  private: 'private addresses',
  loopback: 'loopback addresses',
  'link-local': 'link-local addresses',
  metadata: 'addresses of metadata services',
  reserved: 'reserved addresses',
} satisfies Record<AddressKind, string>

/** Ranges of addresses, such as `10.0.0.0/8` and `fd00::/8`. */
export type Cidrs = { readonly has: (ip: string) => boolean }

const wanted = 'must be addresses or CIDRs such as 10.0.0.0/8'

export function parseCidrs(entries: readonly string[]): Cidrs {
  const list = new BlockList()
  for (const entry of entries) {
    const parsed = parseCidr(entry)
    if (parsed === undefined) {
      throw new ConnectorsError('INVALID', 'CidrInvalid', `Cannot use "${entry}" as a range: it ${wanted}`)
    }
    list.addSubnet(parsed.ip, parsed.bits, familyOf(parsed.ip))
  }
  return { has: ip => isIP(ip) > 0 && list.check(ip, familyOf(ip)) }
}

export function cidrsFlag(help: string): Flag<readonly string[]> {
  const problem = (entries: readonly string[]) =>
    entries.every(entry => parseCidr(entry) !== undefined) ? undefined : wanted
  return listFlag({ fallback: [], problem, help })
}

function parseCidr(entry: string): { readonly ip: string; readonly bits: number } | undefined {
  const [, ip = '', bitsText] = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/.exec(entry.trim()) ?? []
  const family = isIP(ip)
  const most = family === 4 ? 32 : 128
  const bits = bitsText === undefined ? most : Number(bitsText)
  return family === 0 || bits > most ? undefined : { ip, bits }
}

function familyOf(ip: string): 'ipv4' | 'ipv6' {
  return isIP(ip) === 4 ? 'ipv4' : 'ipv6'
}
