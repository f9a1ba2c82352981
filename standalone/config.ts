// What the control plane can be told; it listens on loopback and nowhere else.
import { ConnectorsError } from '../connector/errors.ts'
import { type Clock, systemClock } from '../runtime/clock.ts'
import type { RequestRecord } from './server.ts'

export interface ControlPlaneOptions {
  /** Keeps objects and keys there over restarts; without it all is gone with the process. */
  readonly dataDir?: string | undefined
  /** A loopback address; 127.0.0.1 when absent. */
  readonly listen?: string | undefined
  /** When absent: the port of the last start if it is free, else any. */
  readonly port?: number | undefined
  readonly clock?: Clock | undefined
  /** The folder of CustomResourceDefinitions to serve, by default the product's own; null for none. */
  readonly definitions?: URL | null | undefined
  /** Hears of each request when it has been answered (of a watch when it has begun). */
  readonly onRequest?: ((record: RequestRecord) => void) | undefined
  /** Hears of failures that are the server's own. */
  readonly onError?: ((error: unknown) => void) | undefined
}

const loopback = ['127.0.0.1', '::1', 'localhost']
const productDefinitions = new URL('../charts/connectors/definitions/', import.meta.url)

export function parseOptions(options: ControlPlaneOptions) {
  const listen = options.listen ?? '127.0.0.1'
  if (!loopback.includes(listen)) {
    const message = `Cannot listen on "${listen}" as the embedded control plane: it serves loopback addresses only (${loopback.join(', ')})`
    throw new ConnectorsError('INVALID', 'ListenAddressNotLoopback', message)
  }
  return Object.freeze({
    dataDir: options.dataDir,
    listen,
    port: options.port,
    clock: options.clock ?? systemClock,
    definitions: options.definitions === undefined ? productDefinitions : options.definitions,
    onRequest: options.onRequest ?? (() => undefined),
    onError:
      options.onError ??
      ((error: unknown) => process.emitWarning(error instanceof Error ? error : String(error))),
  })
}
