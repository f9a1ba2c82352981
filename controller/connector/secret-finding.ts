// SecretReady, and the credential when the Secret holds one.
import type { Finding } from '../../connector/condition.ts'
import type { Connector } from '../../connector/connector.ts'
import { authType, type ConnectorClass } from '../../connector/connector-class.ts'
import { type Credential, normalSecretType, parseCredential } from '../../connector/credential.ts'
import { ConnectorsError } from '../../connector/errors.ts'
import type { Secret } from '../../connector/object.ts'

/** Where validation reports a missing reference. */
export const secretRefField = 'spec.auth.secretRef'

export type SecretInput = {
  readonly connector: Connector
  /** Undefined while the Connector has no class that it fits. */
  readonly connectorClass: ConnectorClass | undefined
  readonly secret: Secret | undefined
  /** What the class's condition says. */
  readonly blocked: Finding
}

export type SecretDecision = {
  readonly finding: Finding
  readonly secret: { readonly credential: Credential; readonly type: string } | undefined
}

export function decideSecret({ connector, connectorClass, secret, blocked }: SecretInput): SecretDecision {
  const found = (status: Finding['status'], reason: string, message: string): SecretDecision => ({
    finding: { type: 'SecretReady', status, reason, message },
    secret: undefined,
  })
  if (connectorClass === undefined) return found('Unknown', blocked.reason, blocked.message)
  const type = authType(connectorClass, connector.spec.auth?.name ?? '')
  const ref = connector.spec.auth?.secretRef
  if (type === undefined || (ref === undefined && type.optional === true)) {
    return found('True', 'SecretOptional', 'No Secret is given and none is needed')
  }
  if (ref === undefined) {
    return found('False', 'SecretRequired', `${secretRefField} is required for auth type "${type.name}"`)
  }
  if (secret === undefined) return found('False', 'SecretNotFound', `secrets "${ref.name}" not found`)
  try {
    const credential = parseCredential(secret, type)
    return {
      finding: { type: 'SecretReady', status: 'True', reason: 'SecretFound', message: '' },
      secret: { credential, type: normalSecretType(secret.type) },
    }
  } catch (error) {
    if (error instanceof ConnectorsError) return found('False', error.reason, error.message)
    throw error
  }
}
