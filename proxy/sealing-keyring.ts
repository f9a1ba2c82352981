// SealingKeyring: the private keys that open sealed tokens, followed as the controller keeps them.
import type { KeyObject } from 'node:crypto'
import { createInformer } from '../kube/cache/informer.ts'
import type { KubeClient } from '../kube/client/client.ts'
import { secrets } from '../kube/object/resources.ts'
import type { MaybePromise } from '../runtime/and-then.ts'
import type { Clock } from '../runtime/clock.ts'
import { openingKey, parseSealingKeys, sealingKeysField, sealingSecretName } from '../seal/sealing-keys.ts'

export type SealingKeyring = {
  /** Undefined for a key that is not (or no longer) there. One that is new may be read first. */
  find(kid: string): MaybePromise<KeyObject | undefined>
  /** Whether the key is there, as far as is known now. */
  has(kid: string): boolean
  readonly isSynced: boolean
  run(options: { readonly signal: AbortSignal }): Promise<void>
}

/** Whoever names keys that do not exist causes this many reads, whatever their number. */
const rereadMs = 5000

export function createSealingKeyring(options: {
  readonly client: Pick<KubeClient, 'pages' | 'watch' | 'find'>
  readonly clock: Clock
  readonly systemNamespace: string
  readonly onError: (error: unknown) => void
}): SealingKeyring {
  const { clock, systemNamespace, onError } = options
  const ref = { namespace: systemNamespace, name: sealingSecretName }
  const informer = createInformer({
    ...options,
    resource: secrets,
    namespace: systemNamespace,
    fieldSelector: `metadata.name=${sealingSecretName}`,
  })
  let keys: ReadonlyMap<string, KeyObject> = new Map()
  let readAgainMs = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined

  informer.onChange(({ type, object }) => {
    // Without the Secret nothing can be sealed; what was sealed before goes on until another one is there.
    if (type === 'deleted') return
    const text = Buffer.from(object.data?.[sealingKeysField] ?? '', 'base64').toString()
    keys = new Map(parseSealingKeys(text).map(key => [key.kid, openingKey(key)]))
  })

  async function readAgain(): Promise<void> {
    readAgainMs = clock.monotonicMs() + rereadMs
    try {
      await informer.fetch(ref)
    } catch (error) {
      onError(error)
    } finally {
      reading = undefined
    }
  }

  return {
    find(kid) {
      const key = keys.get(kid)
      if (key !== undefined) return key
      if (reading === undefined && clock.monotonicMs() < readAgainMs) return undefined
      reading ??= readAgain()
      return reading.then(() => keys.get(kid))
    },
    has: kid => keys.has(kid),
    get isSynced() {
      return informer.isSynced
    },
    run: ({ signal }) => informer.run({ signal }),
  }
}
