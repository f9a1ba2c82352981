// apply: a decision about scope grants, written. Every write is conditional.
import type { ObjectMeta } from '../../connector/object.ts'
import { hasCode } from '../../kube/client/api-error.ts'
import type { DeleteOptions, KubeClient } from '../../kube/client/client.ts'
import { roleBindings, roles } from '../../kube/object/resources.ts'
import type { GrantAction } from './decide.ts'

type Writing = { readonly client: KubeClient; readonly signal: AbortSignal }

export async function applyGrants(actions: readonly GrantAction[], writing: Writing): Promise<void> {
  for (const action of actions) await applyGrant(action, writing)
}

async function applyGrant(action: GrantAction, { client, signal }: Writing): Promise<void> {
  if ('role' in action) {
    if (action.verb === 'create') await client.create(roles, action.role, { signal })
    else if (action.verb === 'replace') await client.replace(roles, action.role, { signal })
    else
      await unlessGone(
        client.delete(roles, action.role.metadata, { ...ifSame(action.role.metadata), signal }),
      )
    return
  }
  const { verb, roleBinding } = action
  if (verb === 'create') await client.create(roleBindings, roleBinding, { signal })
  else if (verb === 'replace') await client.replace(roleBindings, roleBinding, { signal })
  else {
    const { metadata } = roleBinding
    await unlessGone(client.delete(roleBindings, metadata, { ...ifSame(metadata), signal }))
  }
}

function ifSame({ uid, resourceVersion }: Partial<ObjectMeta>): Pick<DeleteOptions, 'preconditions'> {
  return {
    preconditions: {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  }
}

async function unlessGone(deletion: Promise<void>): Promise<void> {
  try {
    await deletion
  } catch (error) {
    if (!hasCode(error, 'NOT_FOUND')) throw error
  }
}
