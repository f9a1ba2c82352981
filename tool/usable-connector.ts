// A Connector with all that its use needs, prepared once for each version of its objects.
// Spec: proxy.md, "Authentication and authorization" (last rule) and "Injection".
import { type Address, parseAddress } from '../connector/address.ts'
import { type Connector, credentialSecretName, policyAnnotation } from '../connector/connector.ts'
import {
  authType,
  type ConnectorClass,
  hasProxy,
  scanAnswersAnnotation,
} from '../connector/connector-class.ts'
import { type Credential, parseCredential } from '../connector/credential.ts'
import { ConnectorsError } from '../connector/errors.ts'
import { objectKey, type Secret } from '../connector/object.ts'
import { canonicalPath } from '../connector/path.ts'
import { formatProblems, validateConnector } from '../connector/validate.ts'
import { createSecretInjector } from './inject/from-secret.ts'
import type { Injector } from './inject/injection.ts'

export type UsableConnector = {
  readonly connector: Connector
  readonly address: Address
  /** The address's path as decisions read it. */
  readonly prefix: string
  /** Names the connections to the tool: not after its address has changed, and of this Connector alone. */
  readonly originKey: string
  readonly inject: Injector
}

export type ConnectorObjects = {
  readonly connector: Connector
  readonly connectorClass: ConnectorClass | undefined
  /** The one that it references. */
  readonly secret: Secret | undefined
}

/** Throws why this Connector cannot be used as it is: PRECONDITION or UNSUPPORTED. */
export function prepareConnector({ connector, connectorClass, secret }: ConnectorObjects): UsableConnector {
  const refuse = (reason: string, why: string, code: 'PRECONDITION' | 'UNSUPPORTED' = 'PRECONDITION') =>
    new ConnectorsError(code, reason, `Cannot use Connector "${objectKey(connector.metadata)}": ${why}`)
  const className = connector.spec.connectorClassName ?? ''
  if (connectorClass === undefined) {
    throw refuse('ConnectorClassNotFound', `connectorclass.connectors.alauda.io "${className}" not found`)
  }
  if (!hasProxy(connectorClass)) throw refuse('NonProxy', `class "${className}" has no proxy`)
  if (connectorClass.spec.proxy?.authExtractor !== undefined) {
    throw refuse(
      'ExtractorUnsupported',
      `class "${className}" extracts the token by an expression`,
      'UNSUPPORTED',
    )
  }
  // A rule that nobody applies would be worse than none.
  if (connector.metadata.annotations?.[policyAnnotation] !== undefined) {
    throw refuse('PolicyUnsupported', `its annotation ${policyAnnotation} is not supported`, 'UNSUPPORTED')
  }
  const problems = validateConnector(connector, connectorClass)
  if (problems.length > 0) throw refuse('ConnectorInvalid', formatProblems(problems))

  const address = parseAddress(connector.spec.address ?? '', 'spec.address')
  const credential = credentialOf(connector, { connectorClass, secret, refuse })
  const { uid } = connector.metadata
  return {
    connector,
    address,
    prefix: canonicalPath(address.prefix),
    originKey: `${uid} ${address.scheme}://${address.host}`,
    inject: createSecretInjector(credential, {
      scansBodies: connectorClass.metadata.annotations?.[scanAnswersAnnotation] !== 'false',
    }),
  }
}

type Refuse = (reason: string, why: string, code?: 'PRECONDITION' | 'UNSUPPORTED') => ConnectorsError

function credentialOf(
  connector: Connector,
  from: {
    readonly connectorClass: ConnectorClass
    readonly secret: Secret | undefined
    readonly refuse: Refuse
  },
): Credential | undefined {
  if (connector.spec.auth === undefined) return undefined
  const type = authType(from.connectorClass, connector.spec.auth.name ?? '')
  if (type === undefined) throw from.refuse('ConnectorInvalid', 'its auth type is unknown to its class')
  if (type.generator !== undefined) {
    throw from.refuse(
      'GeneratorUnsupported',
      `auth type "${type.name}" generates by an expression`,
      'UNSUPPORTED',
    )
  }
  const name = credentialSecretName(connector)
  if (name === undefined) return undefined
  if (from.secret === undefined) throw from.refuse('SecretNotFound', `secrets "${name}" not found`)
  return parseCredential(from.secret, type)
}
