// Whom a tool's certificate is checked against: the system's authorities and, where given, more of them.
import { createHash, X509Certificate } from 'node:crypto'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { ConnectorsError } from '../../connector/errors.ts'

const certificateSyntax = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g

/** The certificates of a PEM bundle, each on its own; text around them is ignored, other blocks are refused. */
export function parseCertificates(pem: string, source: string): readonly string[] {
  const refuse = (why: string) =>
    new ConnectorsError('INVALID', 'InvalidPEM', `Cannot use ${source} as CA certificates: ${why}`)
  const blocks = pem.match(certificateSyntax) ?? []
  if (blocks.length === 0) throw refuse('it holds no PEM certificate')
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block)
    } catch {
      throw refuse(`its certificate number ${index + 1} cannot be read`)
    }
  }
  return blocks
}

/** Secure contexts by the certificates they trust, at most `capacity` of them: making one costs over 10 ms. */
export class TrustStore {
  readonly #capacity: number
  readonly #contexts = new Map<string, SecureContext>()

  constructor(options: { readonly capacity: number }) {
    this.#capacity = options.capacity
  }

  /** The system's authorities and `certificates` (see parseCertificates), in any order. */
  context(certificates: readonly string[]): SecureContext {
    const extra = [...new Set(certificates)].sort()
    const key = createHash('sha256').update(JSON.stringify(extra)).digest('base64')
    const context =
      this.#contexts.get(key) ?? createSecureContext({ ca: [...systemCertificates(), ...extra] })
    this.#contexts.delete(key)
    this.#contexts.set(key, context)
    const oldest = this.#contexts.keys().next().value
    if (this.#contexts.size > this.#capacity && oldest !== undefined) this.#contexts.delete(oldest)
    return context
  }
}

/** The machine's store, or Node's own in an image without one; and NODE_EXTRA_CA_CERTS. Node caches the lists. */
function systemCertificates(): readonly string[] {
  const system = getCACertificates('system')
  return [...(system.length > 0 ? system : getCACertificates('bundled')), ...getCACertificates('extra')]
}
