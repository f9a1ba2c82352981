// Why a tool could not be reached, in words that stay the same from one attempt to the next.
import { ConnectorsError, type ErrorCode } from '../../connector/errors.ts'

export type DialReason = 'ConnectionFailed' | 'TLSVerificationFailed' | 'NameNotFound' | 'AddressRefused'

const codes = {
  ConnectionFailed: 'UNAVAILABLE',
  TLSVerificationFailed: 'UNAVAILABLE',
  NameNotFound: 'UNAVAILABLE',
  AddressRefused: 'FORBIDDEN',
} satisfies Record<DialReason, ErrorCode>

export class DialError extends ConnectorsError {
  declare readonly reason: DialReason
  /**
   * The cause alone, to stand behind another object than the target: `connection refused`. Without the host, which
   * may be of the other side's choice (a redirect) and then repeat what it was sent.
   */
  readonly current: string

  constructor(reason: DialReason, target: string, current: string, options?: { cause?: unknown }) {
    super(codes[reason], reason, `Cannot connect to "${target}": ${current}`, options)
    this.name = 'DialError'
    this.current = current
  }
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'the network is unreachable',
  EADDRNOTAVAIL: 'the network is unreachable',
}

/** A system error's code in words; never its message, which carries ports and addresses of one attempt. */
export function connectionFailure(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? ''
  return words[code] ?? (/^[A-Z][A-Z0-9_]+$/.test(code) ? `connection failed (${code})` : 'connection failed')
}

const certificateWords: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is signed by an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT: 'the certificate is signed by an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate is signed by an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate is signed by an unknown authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name',
}

export function certificateFailure(code: string): string {
  return certificateWords[code] ?? `the certificate is not trusted (${code})`
}
