// Pods of the attacked system: tokens that end with them, and the volumes that the driver fills for them.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { volumePath } from '../../../cli/dev/kubelet.ts'
import { kubeletDir } from '../../../cli/dev/run-file.ts'
import type { Pod } from '../../../kube/object/objects.ts'
import { pods } from '../../../kube/object/resources.ts'
import { waitFor } from '../../helpers/poll.ts'
import type { Attacked } from './system.ts'

export type NewPod = {
  readonly name: string
  /** Of its namespace, `team`. */
  readonly account: string
  /** In a volume of these Connectors, `namespace/name`. */
  readonly connectors?: readonly string[]
}

const volumeName = 'tools'

export function createPod({ client }: Attacked, { name, account, connectors }: NewPod): Promise<Pod> {
  const volumes = connectors && [
    {
      name: volumeName,
      csi: {
        driver: 'connectors-csi',
        readOnly: true,
        volumeAttributes: { connectors: connectors.join(',') },
      },
    },
  ]
  const containers = [{ name: 'main', image: 'example.com/image' }]
  const spec = { serviceAccountName: account, containers, ...(volumes && { volumes }) }
  return client.create(pods, { metadata: { namespace: 'team', name }, spec })
}

/** A token of the account, bound to a new pod. */
export async function createPodToken(system: Attacked, pod: NewPod): Promise<string> {
  await createPod(system, pod)
  return system.tokenOf('team', pod.account, {
    boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: pod.name },
  })
}

/** The token for all Connectors of a new pod's volume, as the driver has written it. */
export async function mountedToken(system: Attacked, pod: NewPod): Promise<string> {
  const { metadata } = await createPod(system, pod)
  const path = volumePath(kubeletDir(system.instance.dataDir), {
    podUid: metadata.uid ?? '',
    name: volumeName,
  })
  return waitFor(() => readFile(join(path, 'context.token'), 'utf8'), { what: `a volume at ${path}` })
}
