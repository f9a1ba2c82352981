// How long a warm resolve takes: an interface like the shipped one for Git, all of its expressions in the sandbox.
import { parseDefinition } from '../../resource-interface/parse.ts'
import { resolveInterface } from '../../resource-interface/resolve.ts'
import { createEvaluator } from '../../resource-interface/sandbox.ts'
import type { Need } from '../needs.ts'

export const needs: readonly Need[] = []

const limitMs = 5
const warmUps = 300
const samples = 2000

const connector = {
  metadata: { name: 'demo', namespace: 'demo' },
  spec: { connectorClassName: 'git', address: 'https://git.example.com' },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
}

const { definition } = parseDefinition({
  apiVersion: 'connectors.alauda.io/v1alpha1',
  kind: 'ResourceInterface',
  metadata: { name: 'git' },
  spec: {
    params: [{ name: 'repository' }, { name: 'revision', default: 'refs/heads/main' }],
    attributes: [
      { name: 'url', expression: "{connector.spec.address.replace(/\\/$/, '') + '/' + params.repository}" },
      { name: 'revision', expression: '{params.revision}' },
    ],
    workspaces: [
      {
        name: 'git-basic-auth',
        value: {
          csi: {
            driver: 'connectors-csi',
            readOnly: true,
            volumeAttributes: {
              'connector.name': '{connector.metadata.name}',
              'connector.namespace': '{connector.metadata.namespace}',
              'configuration.names': 'gitconfig',
            },
          },
        },
      },
    ],
  },
})

export async function runBench({ signal }: { readonly signal: AbortSignal }): Promise<void> {
  if (!definition) throw new Error('the definition does not parse')
  const choice = { definition, connectors: [connector], params: { repository: 'group/app.git' } }
  const loading = performance.now()
  const evaluator = await createEvaluator()
  const loadMs = performance.now() - loading
  const times: number[] = []
  for (let round = 0; round < warmUps + samples; round++) {
    signal.throwIfAborted()
    const start = performance.now()
    const { problems } = resolveInterface(choice, { evaluator })
    if (problems.length > 0) throw new Error(problems[0]?.message)
    if (round >= warmUps) times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  const at = (quantile: number) => (times[Math.floor(times.length * quantile)] ?? 0).toFixed(2)
  const median = Number(at(0.5))
  console.log(`loading the engine  ${loadMs.toFixed(0)} ms, once`)
  console.log(
    `resolve, warm       p50 ${at(0.5)} ms   p95 ${at(0.95)} ms   p99 ${at(0.99)} ms   (${samples} times, 4 expressions)`,
  )
  console.log(
    `p50 under ${limitMs} ms: ${median < limitMs ? 'yes' : 'NO'} (${(median / limitMs).toFixed(2)} of it)`,
  )
}
