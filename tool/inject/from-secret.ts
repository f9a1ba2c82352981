// The credential of a Secret, which is the same for every request.
import type { Credential } from '../../connector/credential.ts'
import { injectedHeaders } from '../../connector/inject.ts'
import { ByteSequences } from '../../http/message/byte-sequences.ts'
import { credentialTraces } from '../answer/traces.ts'
import type { Injection, Injector } from './injection.ts'

/** Throws UNSUPPORTED or PRECONDITION for a credential that cannot be put on a request. */
export function createSecretInjector(
  credential: Credential | undefined,
  { scansBodies }: { readonly scansBodies: boolean },
): Injector {
  const headers = injectedHeaders(credential).flatMap(({ name, value }) => [name, value.reveal()])
  const values = headers.filter((_, at) => at % 2 === 1)
  const secrets = [...(credential?.values ?? [])]
    .filter(([key]) => key !== 'username')
    .map(([, value]) => value.reveal())
  const traces = credentialTraces(values, secrets)
  const sequencesOf = (texts: readonly string[]) =>
    texts.length === 0 || !scansBodies ? undefined : new ByteSequences(texts.map(text => Buffer.from(text)))
  const injection: Injection = {
    headers,
    traces,
    sequences: sequencesOf(traces.strong),
    lfsSequences: sequencesOf(traces.lfs),
  }
  return () => injection
}
