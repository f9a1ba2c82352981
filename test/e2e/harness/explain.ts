// Why a scenario failed: the objects, events and logs of its namespaces and of our components.
import { listObjects, tryKubectl } from './kubectl.ts'
import { driverNamespace, systemNamespace } from './release.ts'

const partLines = 60

export type Explained = { readonly namespaces: readonly string[]; readonly since: Date }

/** Never throws: what cannot be had is said in its place. */
export async function explain({ namespaces, since }: Explained): Promise<string> {
  const parts: string[] = []
  for (const namespace of namespaces) parts.push(...(await explainNamespace(namespace)))
  for (const [namespace, name] of [
    [systemNamespace, 'connectors-controller-manager'],
    [systemNamespace, 'connectors-proxy'],
    [driverNamespace, 'connectors-csi'],
  ]) {
    const which = `--namespace=${namespace} --selector=app.kubernetes.io/name=${name}`
    parts.push(
      await show(`get pods ${which} --output=wide`),
      // Scenarios run side by side: of others only what went wrong can matter here.
      await show(`logs ${which} --prefix --tail=-1 --since-time=${since.toISOString()}`, {
        keep: line => namespaces.some(name => line.includes(name)) || line.includes('"level":"error"'),
      }),
    )
  }
  parts.push(await show(`get events --namespace=${systemNamespace} --sort-by=.lastTimestamp`))
  return parts.join('\n')
}

async function explainNamespace(namespace: string): Promise<string[]> {
  const inside = `--namespace=${namespace}`
  const parts = [
    await show(`get events ${inside} --sort-by=.lastTimestamp`),
    await show(`get connectors ${inside} --output=yaml`),
    await show(`get pods,jobs,services,roles,rolebindings ${inside} --output=wide`),
    await show(`get taskruns,pipelineruns ${inside} --output=yaml --ignore-not-found`),
  ]
  const pods = await listObjects('pods', { namespace }).catch(() => [])
  for (const { metadata } of pods.slice(0, 5)) {
    parts.push(
      await show(`describe pod ${metadata.name} ${inside}`),
      await show(`logs ${metadata.name} ${inside} --all-containers --tail=${partLines}`),
    )
  }
  return parts
}

async function show(
  command: string,
  { keep = () => true }: { readonly keep?: (line: string) => boolean } = {},
): Promise<string> {
  const { stdout, stderr } = await tryKubectl(command.split(' ')).catch(error => ({
    stdout: '',
    stderr: String(error),
  }))
  const lines = (stdout.trimEnd() || stderr.trimEnd() || '(nothing)').split('\n').filter(keep)
  const left = lines.length - partLines
  const shown = left > 0 ? [`(${left} lines before)`, ...lines.slice(-partLines)] : lines
  return [`$ kubectl ${command}`, ...shown.map(line => `  ${line}`)].join('\n')
}
