// A client of the driver, for what plays the kubelet.
import { Client, credentials, type ServiceError } from '@grpc/grpc-js'
import { loadProtocol } from './protocol.ts'
import { errorFromGrpc } from './status.ts'

export interface CsiClient {
  publishVolume(volume: CsiVolume, options?: CallOptions): Promise<void>
  unpublishVolume(volume: Pick<CsiVolume, 'volumeId' | 'targetPath'>, options?: CallOptions): Promise<void>
  close(): void
}

export type CsiVolume = {
  readonly volumeId: string
  readonly targetPath: string
  readonly readonly: boolean
  readonly volumeContext: Readonly<Record<string, string>>
  /** Where the cluster sends tokens as secrets. */
  readonly secrets?: Readonly<Record<string, string>>
}

export type CallOptions = { readonly signal?: AbortSignal }

// What kubelet allows a call.
const callTimeoutMs = 120_000
const singleNodeWriter = 1

/** Failures are ConnectorsErrors with the driver's own message. Connects with the first call. */
export function createCsiClient(socketPath: string): CsiClient {
  const { node } = loadProtocol()
  const client = new Client(`unix:${socketPath}`, credentials.createInsecure())

  function call(method: string, request: object, { signal }: CallOptions = {}): Promise<void> {
    const definition = node[method]
    if (definition === undefined) throw new TypeError(`the Node service has no ${method}`)
    signal?.throwIfAborted()
    const { path, requestSerialize, responseDeserialize } = definition
    const done = Promise.withResolvers<void>()
    const deadline = Date.now() + callTimeoutMs
    const answered = (error: ServiceError | null) => {
      signal?.removeEventListener('abort', cancel)
      if (error === null) done.resolve()
      else done.reject(signal?.aborted ? signal.reason : errorFromGrpc(error))
    }
    const running = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      { deadline },
      answered,
    )
    const cancel = () => running.cancel()
    signal?.addEventListener('abort', cancel, { once: true })
    return done.promise
  }

  return {
    publishVolume: (volume, options) =>
      call(
        'NodePublishVolume',
        { ...volume, volumeCapability: { mount: {}, accessMode: { mode: singleNodeWriter } } },
        options,
      ),
    unpublishVolume: (volume, options) => call('NodeUnpublishVolume', volume, options),
    close: () => client.close(),
  }
}
