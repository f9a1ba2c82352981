// seal: the tokens of a volume, each good for the Connectors that the volume names and for nothing else.
// Spec: access.md, "A volume's token is sealed".
import { type ConnectorClass, sealedTokensAnnotation } from '../connector/connector-class.ts'
import { ConnectorsError } from '../connector/errors.ts'
import type { ObjectKey } from '../connector/object.ts'
import type { VolumeInput } from '../connector/render.ts'
import { sealToken } from '../seal/sealed-token.ts'
import type { PublicSealingKey } from '../seal/sealing-keys.ts'
import type { UnsealedVolume, Warning } from './collect.ts'
import type { KubeletToken } from './token.ts'

export type Sealing = {
  readonly token: KubeletToken
  readonly key: PublicSealingKey
  /** The files of a class whose proxy cannot open a seal get kubelet's own token. */
  readonly isUnsealed: boolean
  readonly warnings: readonly Warning[]
}

export type SealingOptions = {
  readonly token: KubeletToken
  /** The Service of the proxy that opens seals. */
  readonly ownProxy: ObjectKey
  readonly findKey: () => Promise<PublicSealingKey>
}

/** Of a token that does not say: its review decides. */
const unknownLifetime = { issuedAt: 0, expiresAt: Date.UTC(2100, 0) / 1000 }
/** libcurl takes no longer password from a `.netrc` than 4,085 bytes: test/clients/token-length.test.ts. */
export const longestJointToken = 3900

/** Throws PRECONDITION for a volume that would show one proxy the token for another's Connectors. */
export async function planSealing(
  { connectors }: UnsealedVolume,
  { token, ownProxy, findKey }: SealingOptions,
): Promise<Sealing> {
  const classes = new Map(
    connectors.map(({ connectorClass }) => [connectorClass.metadata.name, connectorClass]),
  )
  const strangers = [...classes.values()].filter(connectorClass => !opensSeals(connectorClass, ownProxy))
  const [stranger] = strangers
  if (stranger !== undefined && classes.size > 1) {
    throw new ConnectorsError(
      'PRECONDITION',
      'TokenNotSealable',
      `Cannot publish a volume of class "${stranger.metadata.name}" with other classes: its own proxy takes ` +
        `unsealed tokens; mount it by itself, or let its proxy ask for token reviews and set ${sealedTokensAnnotation}`,
    )
  }
  const key = await findKey()
  const warnings = stranger === undefined ? [] : [unsealedWarning(stranger)]
  return { token, key, isUnsealed: stranger !== undefined, warnings }
}

function unsealedWarning({ metadata }: ConnectorClass): Warning {
  const message =
    `Cannot seal the token of this volume: the proxy of class "${metadata.name}" is not this installation's, ` +
    `and the class does not say by ${sealedTokensAnnotation} that it asks for token reviews`
  return { reason: 'TokenNotSealed', message }
}

function opensSeals({ metadata, spec }: ConnectorClass, ownProxy: ObjectKey): boolean {
  const { ref } = spec.proxy ?? {}
  const isOurs = ref?.name === ownProxy.name && (ref.namespace ?? ownProxy.namespace) === ownProxy.namespace
  return isOurs || metadata.annotations?.[sealedTokensAnnotation] === 'true'
}

/** Throws PRECONDITION when the token for all Connectors is longer than clients carry. */
export function sealVolume(volume: UnsealedVolume, { token, key, isUnsealed }: Sealing): VolumeInput {
  const lifetime = token.lifetime ?? unknownLifetime
  const keys = volume.connectors.map(({ connector }) => connector.metadata)
  const joint = sealToken(token.value, keys, { key, lifetime })
  const { length } = joint.reveal()
  if (length > longestJointToken) {
    throw new ConnectorsError(
      'PRECONDITION',
      'TokenTooLong',
      `Cannot publish a volume of ${keys.length} Connectors: the token for all of them has ${length} bytes, ` +
        `the limit is ${longestJointToken}; mount fewer in one volume`,
    )
  }
  const tokenFor = (connector: ObjectKey) => {
    if (isUnsealed) return token.value
    return keys.length === 1 ? joint : sealToken(token.value, [connector], { key, lifetime })
  }
  return {
    ...volume,
    connectors: volume.connectors.map(collected => ({
      ...collected,
      token: tokenFor(collected.connector.metadata),
    })),
    context: { ...volume.context, token: isUnsealed ? token.value : joint, fileToken: joint },
  }
}
