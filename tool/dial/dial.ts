// dial: a connection to a tool, to a checked address and, for https, with a verified certificate before a byte of
// ours is written.
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls'
import { type ConnectTo, type Endpoint, endpointKey } from './connect-to.ts'
import { certificateFailure, connectionFailure, DialError } from './dial-error.ts'
import { type AddressPolicy, normalHost } from './guard.ts'
import { type Reach, resolveEndpoint } from './resolve.ts'

/** The domain's Address is one. */
export type Origin = {
  readonly scheme: 'http' | 'https'
  readonly hostname: string
  readonly port: number
}

export type DialOptions = {
  readonly signal: AbortSignal
  readonly trust: SecureContext
  readonly reach: Reach
  readonly policy: AddressPolicy
  /** Who named the host: a namespace. */
  readonly owner: string
  /** For the look-up, the connection and the TLS handshake together. */
  readonly connectTimeoutMs: number
  readonly connectTo?: ConnectTo
}

/** A connected socket (a TLSSocket for https); throws DialError, or the signal's reason once it is aborted. */
export async function dial(origin: Origin, options: DialOptions): Promise<Socket | TLSSocket> {
  const { signal, connectTimeoutMs } = options
  const host = normalHost(origin.hostname)
  const asked = { host: host ?? origin.hostname, port: origin.port }
  const target = endpointKey(asked)
  if (host === undefined) throw new DialError('NameNotFound', target, 'this is not a host name')
  const endpoint = options.connectTo?.get(target) ?? asked

  signal.throwIfAborted()
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(), connectTimeoutMs)
  const either = AbortSignal.any([signal, timeout.signal])
  try {
    const addresses = await orAborted(resolveEndpoint(endpoint, options), either)
    const socket = await connectToFirst(addresses, endpoint, either)
    return origin.scheme === 'http' ? socket : await secure(socket, { host, target, options, signal: either })
  } catch (error) {
    signal.throwIfAborted()
    if (timeout.signal.aborted) throw new DialError('ConnectionFailed', target, 'connection timed out')
    if (error instanceof DialError) throw new DialError(error.reason, target, error.current, { cause: error })
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** A tunnel may be silent for hours: whether the tool is still there, TCP finds out. */
const keepAliveMs = 60_000

// RFC 8305: the next address is tried when the one before fails or has not answered for this long.
const attemptDelayMs = 250

/** The first connection that comes about; the others are dropped. */
function connectToFirst(
  addresses: readonly string[],
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const waiting = alternateFamilies(addresses)
    const sockets = new Set<Socket>()
    const failures = new Set<string>()
    let timer: NodeJS.Timeout | undefined

    const finish = (winner: Socket | undefined) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      sockets.delete(winner as Socket)
      for (const socket of sockets) socket.destroy()
    }
    const abort = () => {
      finish(undefined)
      reject(signal.reason)
    }
    const attempt = () => {
      clearTimeout(timer)
      const address = waiting.shift()
      if (address === undefined) return
      const socket = connectTcp({
        host: address,
        port: endpoint.port,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: keepAliveMs,
      })
      sockets.add(socket)
      socket.once('connect', () => {
        finish(socket)
        socket.removeAllListeners('error')
        resolve(socket)
      })
      // Stays on a dropped socket: an error on it after the race is nobody's.
      socket.on('error', error => {
        if (!sockets.delete(socket)) return
        failures.add(connectionFailure(error))
        if (waiting.length > 0) return attempt()
        if (sockets.size > 0) return
        finish(undefined)
        reject(new DialError('ConnectionFailed', endpointKey(endpoint), [...failures].sort().join(', ')))
      })
      if (waiting.length > 0) timer = setTimeout(attempt, attemptDelayMs)
    }
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    else attempt()
  })
}

function alternateFamilies(addresses: readonly string[]): string[] {
  const first = isIP(addresses[0] ?? '')
  const same = addresses.filter(address => isIP(address) === first)
  const other = addresses.filter(address => isIP(address) !== first)
  return same
    .flatMap((address, index) => [address, ...other.slice(index, index + 1)])
    .concat(other.slice(same.length))
}

type Handshake = {
  readonly host: string
  readonly target: string
  readonly options: DialOptions
  readonly signal: AbortSignal
}

function secure(socket: Socket, { host, target, options, signal }: Handshake): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    // `host` names whom the certificate must be for; SNI is for names only (RFC 6066, section 3).
    const secured = connectTls({
      socket,
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      secureContext: options.trust,
      ALPNProtocols: ['http/1.1'],
    })
    const settle = (act: () => void) => {
      signal.removeEventListener('abort', abort)
      secured.off('secureConnect', connected).off('close', closed)
      act()
    }
    const connected = () =>
      settle(() => {
        secured.off('error', failed)
        resolve(secured)
      })
    const failed = (error: Error) =>
      settle(() => {
        socket.destroy()
        reject(handshakeError(secured, target, error))
      })
    const closed = () => failed(Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
    const abort = () => {
      socket.destroy()
      secured.destroy()
      settle(() => reject(signal.reason))
    }
    secured.once('secureConnect', connected).on('error', failed).once('close', closed)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
  })
}

function handshakeError(secured: TLSSocket, target: string, error: NodeJS.ErrnoException): DialError {
  // Set exactly when the peer's certificate was refused.
  if (secured.authorizationError) {
    return new DialError('TLSVerificationFailed', target, certificateFailure(String(error.code)), {
      cause: error,
    })
  }
  const why = error.code?.startsWith('ERR_SSL')
    ? `TLS handshake failed (${error.code})`
    : connectionFailure(error)
  return new DialError('ConnectionFailed', target, why, { cause: error })
}
