// A volume for the claims that runs make, in clusters with and without a provisioner: a folder of the node.
import { gitImage } from './images.ts'
import { apply, kubectl, listObjects } from './kubectl.ts'
import type { Scenario } from './scenario.ts'
import { podEnded } from './workload.ts'

const folders = '/var/lib/connectors-e2e'

/** The name of a StorageClass that has one volume, which every user may write to. */
export async function oneVolume({ namespace, onEnd }: Scenario): Promise<string> {
  const name = await namespace({ prefix: 'volume' })
  const [node] = await listObjects('nodes')
  const hostname = node?.metadata.labels?.['kubernetes.io/hostname']
  if (node === undefined || hostname === undefined) throw new Error('no node says its hostname')
  const run = (pod: string, script: string) =>
    runOnNode({ namespace: name, name: pod, nodeName: node.metadata.name, script })
  // A folder that kubelet makes belongs to root.
  await run('make', `install --directory --mode=0777 /folders/${name}`)
  await apply([
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: {
        storageClassName: name,
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteMany'],
        persistentVolumeReclaimPolicy: 'Retain',
        hostPath: { path: `${folders}/${name}`, type: 'Directory' },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [hostname] }] },
            ],
          },
        },
      },
    },
  ])
  onEnd(async () => {
    await kubectl(['delete', 'persistentvolume', name, '--wait=false'])
    await run('remove', `rm -rf /folders/${name}`)
  })
  return name
}

type NodeScript = {
  readonly namespace: string
  readonly name: string
  readonly nodeName: string
  readonly script: string
}

async function runOnNode({ namespace, name, nodeName, script }: NodeScript): Promise<void> {
  const container = {
    name: 'main',
    image: gitImage,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-euc', script],
    volumeMounts: [{ name: 'folders', mountPath: '/folders' }],
  }
  const spec = {
    nodeName,
    automountServiceAccountToken: false,
    restartPolicy: 'Never',
    containers: [container],
    volumes: [{ name: 'folders', hostPath: { path: folders, type: 'DirectoryOrCreate' } }],
  }
  await apply([{ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec }], namespace)
  const phase = await podEnded(name, namespace)
  if (phase !== 'Succeeded') throw new Error(`pod ${name} of ${namespace} has ${phase}`)
}
