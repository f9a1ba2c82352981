// A gRPC server on a Unix socket: the driver's own, with the CSI services, and the one that kubelet registers it by.
import { chmod } from 'node:fs/promises'
import {
  type handleUnaryCall,
  logVerbosity,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  setLogVerbosity,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { ConnectorsError } from '../../connector/errors.ts'
import { loadProtocol } from './protocol.ts'
import { claimSocketPath } from './socket.ts'
import { grpcStatus, presentable } from './status.ts'

/** Answers one call. `signal` is aborted when the caller has gone. */
type Handler = (request: never, signal: AbortSignal) => Promise<object>

type Handlers = Readonly<Record<string, Handler>>

export type GrpcServer = {
  /** Waits for running calls, but not for long. */
  close(): Promise<void>
}

// Attributes come out of a Pod, and etcd takes objects of 1.5 MiB.
const maxRequestBytes = 2 * 1024 * 1024
const graceMs = 5000

export function startCsiServer(
  socketPath: string,
  { identity, node }: { readonly identity: Handlers; readonly node: Handlers },
): Promise<GrpcServer> {
  const protocol = loadProtocol()
  return startGrpcServer(socketPath, [
    { definition: protocol.identity, handlers: identity },
    { definition: protocol.node, handlers: node },
  ])
}

export async function startGrpcServer(
  socketPath: string,
  services: readonly { readonly definition: ServiceDefinition; readonly handlers: Handlers }[],
): Promise<GrpcServer> {
  await claimSocketPath(socketPath)
  // It would write lines of its own between those of the log.
  setLogVerbosity(logVerbosity.NONE)
  const server = new Server({ 'grpc.max_receive_message_length': maxRequestBytes })
  for (const { definition, handlers } of services)
    server.addService(definition, implementation(definition, handlers))
  await listen(server, socketPath)
  // Whoever connects can publish volumes.
  await chmod(socketPath, 0o600)
  return {
    async close() {
      const ended = Promise.withResolvers<void>()
      const timer = setTimeout(() => server.forceShutdown(), graceMs)
      server.tryShutdown(() => ended.resolve())
      await ended.promise
      clearTimeout(timer)
    },
  }
}

function implementation(service: ServiceDefinition, handlers: Handlers): UntypedServiceImplementation {
  const methods: UntypedServiceImplementation = {}
  for (const name of Object.keys(service)) {
    const handler = handlers[name]
    if (handler === undefined) throw new TypeError(`nothing answers ${name}`)
    methods[name] = unary(handler)
  }
  return methods
}

function unary(handler: Handler): handleUnaryCall<unknown, object> {
  return (call, callback) => {
    const gone = new AbortController()
    call.on('cancelled', () => gone.abort(new ConnectorsError('TIMEOUT', 'Cancelled', 'The caller has gone')))
    handler(call.request as never, gone.signal).then(
      answer => callback(null, answer),
      error => callback(grpcStatus(presentable(error, 'answer the call'))),
    )
  }
}

function listen(server: Server, socketPath: string): Promise<void> {
  const listening = Promise.withResolvers<void>()
  server.bindAsync(`unix:${socketPath}`, ServerCredentials.createInsecure(), error => {
    if (error === null) return listening.resolve()
    const message = `Cannot listen on "${socketPath}": its folder is missing or may not be written`
    listening.reject(new ConnectorsError('UNAVAILABLE', 'EndpointUnavailable', message, { cause: error }))
  })
  return listening.promise
}
