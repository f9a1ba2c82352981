// Tekton without Tekton: its kinds in the embedded control plane, and runs that end at once.
import type { KubeClient } from '../../kube/client/client.ts'
import { apiVersionOf, type Resource } from '../../kube/object/resources.ts'
import { pipelineRuns, pipelines, type TaskRun, taskRuns, tasks } from '../../kube/object/tekton.ts'
import { waitFor } from './poll.ts'

const definitions: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
}

export async function applyTekton(client: KubeClient): Promise<void> {
  for (const resource of [tasks, pipelines, taskRuns, pipelineRuns]) {
    const { group, version, plural, kind } = resource
    const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
    const served = { name: version, served: true, storage: true, subresources: { status: {} } }
    await client.create(definitions, {
      apiVersion: apiVersionOf(definitions),
      kind: definitions.kind,
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural, kind, singular: kind.toLowerCase(), listKind: `${kind}List` },
        versions: [{ ...served, schema: { openAPIV3Schema: schema } }],
      },
    } as never)
    await waitFor(() => client.list(resource as Resource).then(() => true), {
      what: `${plural} to be served`,
    })
  }
}

/** Marks every run as succeeded, or as failed, until it is stopped. `more` is of the status. */
export function finishRuns(client: KubeClient, isGood = true, more: object = {}): { stop(): Promise<void> } {
  let isRunning = true
  const running = (async () => {
    while (isRunning) {
      for (const resource of [taskRuns, pipelineRuns] as readonly Resource<TaskRun>[]) {
        for (const { metadata, status } of (await client.list(resource)).items) {
          if (status !== undefined) continue
          const reason = isGood ? 'Succeeded' : 'Failed'
          const found = { status: isGood ? 'True' : 'False', reason, message: 'All Steps have ended' }
          const conditions = [{ type: 'Succeeded', ...found }]
          await client.patchStatus(resource, metadata, { patch: { status: { conditions, ...more } } })
        }
      }
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  })()
  return {
    async stop() {
      isRunning = false
      await running
    },
  }
}
