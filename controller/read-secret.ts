// One Secret that a Connector names: from memory, else as the API has it now.
import type { ReferencedSecrets } from '../cluster/referenced-secrets.ts'
import { normalSecretType } from '../connector/credential.ts'
import type { ObjectKey, Secret } from '../connector/object.ts'
import type { KubeClient } from '../kube/client/client.ts'
import { secrets as secretsResource } from '../kube/object/resources.ts'

export type SecretSources = {
  readonly client: Pick<KubeClient, 'find'>
  readonly secrets: Pick<ReferencedSecrets, 'get' | 'fetch'>
}

/**
 * `secretType` is what the class wants; a Secret of another type, which no watch brings, is found all the same, so
 * that its condition can say what is wrong with it.
 */
export async function readSecret(
  { namespace, name }: ObjectKey,
  { client, secrets }: SecretSources,
  { secretType, signal }: { readonly secretType: string | undefined; readonly signal: AbortSignal },
): Promise<Secret | undefined> {
  const known = secrets.get(namespace, name)
  if (known !== undefined) return known
  const ref = { namespace, name }
  const found = await client.find(secretsResource, ref, { signal })
  const wanted = normalSecretType(secretType)
  if (found?.type !== wanted) return found
  // Dropped when it arrived, before the Connector named it: from now on its watch keeps it.
  await secrets.fetch(ref, wanted)
  return secrets.get(namespace, name) ?? found
}
