// The embedded control plane: enough of Kubernetes for our objects and the official clients, on one machine,
// for development and tests.
import { once } from 'node:events'
import type { Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { createServerCertificate } from '../pki/leaf.ts'
import { tokenVerifier } from './authenticate.ts'
import { applyDefinitions, createInitialObjects } from './bootstrap.ts'
import { type ControlPlaneOptions, parseOptions } from './config.ts'
import { Faults } from './faults.ts'
import { resourceHandler } from './handle.ts'
import { loadIdentity } from './identity.ts'
import { Kinds } from './kinds.ts'
import { renderKubeconfig } from './kubeconfig.ts'
import { pathHandler } from './paths.ts'
import { builtinKinds } from './resources.ts'
import { createApiServer } from './server.ts'
import { Store } from './store.ts'
import { Tokens } from './tokens.ts'
import { Watches } from './watch.ts'

export interface ControlPlane {
  /** https://127.0.0.1:port */
  readonly url: string
  readonly caPem: string
  readonly adminToken: string
  /** The administrator's kubeconfig. */
  readonly kubeconfig: string
  /** A kubeconfig with another token, e.g. a ServiceAccount's. */
  kubeconfigFor(user: string, token: string): string
  readonly faults: Faults
  close(): Promise<void>
}

const loopback = { commonName: 'kube-apiserver', dns: ['localhost'], ip: ['127.0.0.1', '::1'] }
const servingDays = 365

export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { dataDir, listen, port, clock, definitions, onRequest, onError } = parseOptions(options)
  // First of all: whoever opens the store has the directory to itself.
  const store = await Store.open(dataDir)
  const identity = await loadIdentity(dataDir, clock.now())
  const certificate = await createServerCertificate(identity.authority, loopback, {
    nowMs: clock.now(),
    days: servingDays,
  })
  const cluster = { store, clock, kinds: new Kinds(builtinKinds, store) }
  createInitialObjects(cluster)
  if (definitions !== null) await applyDefinitions(cluster, definitions)
  await store.flushed()
  store.forgetHistory()

  const tokens = new Tokens({ keys: identity.tokenKeys, store, clock })
  const verifyToken = tokenVerifier(identity.adminToken, tokens)
  const watches = new Watches({ store, clock })
  const faults = new Faults({ watches, store })
  const handlePath = pathHandler(cluster.kinds, () => url)
  const handle = resourceHandler({ cluster, watches, tokens, verifyToken, handlePath })
  const server = createApiServer({ certificate, store, verifyToken, faults, handle, onRequest, onError })
  const connections = connectionsOf(server)
  const url = await listenOn(server, listen, port === undefined ? [identity.port, 0] : [port])
  await identity.savePort(Number(new URL(url).port))

  const caPem = identity.authority.certificate
  const kubeconfigFor = (user: string, token: string) => renderKubeconfig({ url, caPem, user, token })
  return {
    url,
    caPem,
    adminToken: identity.adminToken,
    kubeconfig: kubeconfigFor('kubernetes-admin', identity.adminToken),
    kubeconfigFor,
    faults,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      watches.end()
      for (const connection of connections) connection.destroy()
      await closed
      await store.close()
    },
  }
}

/** The open ones; `closeAllConnections` overlooks who is in the middle of a TLS handshake, and would serve them. */
function connectionsOf(server: Server): ReadonlySet<Socket> {
  const open = new Set<Socket>()
  server.on('connection', (connection: Socket) => {
    open.add(connection)
    connection.once('close', () => open.delete(connection))
  })
  return open
}

/** Listens on the first of the ports that is free. */
async function listenOn(server: Server, host: string, [port, ...others]: readonly number[]): Promise<string> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
    if (!isTaken || others.length === 0) throw error
    return listenOn(server, host, others)
  }
  const { address, family, port: bound } = server.address() as AddressInfo
  return `https://${family === 'IPv6' ? `[${address}]` : address}:${bound}`
}
