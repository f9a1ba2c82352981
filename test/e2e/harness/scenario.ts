// One scenario: namespaces of its own, removed at the end, and an explanation when it fails.
import { randomBytes } from 'node:crypto'
import { Redaction } from '../../helpers/redact.ts'
import { explain } from './explain.ts'
import { type GitServer, startGitServer } from './git-server.ts'
import { apply, kubectl, type Manifest } from './kubectl.ts'

export type Scenario = {
  /** Makes a namespace that exists as long as the scenario. */
  namespace(options?: NamespaceOptions): Promise<string>
  /** A Git server that refuses anonymous access, in a namespace of its own, with a password of its own. */
  gitServer(): Promise<GitServer>
  /** Takes a secret out of whatever is printed. */
  conceal(secret: string): void
  /** Runs when the scenario has ended, the last one first. */
  onEnd(undo: () => Promise<unknown>): void
}

export type NamespaceOptions = {
  /** What the name begins with. */
  readonly prefix?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/**
 * A test for uvu: `things('do what they should', scenario(async ({ namespace }) => { ... }))`.
 * Its duration is printed by the runner.
 */
export function scenario(run: (context: Scenario) => Promise<void>): () => Promise<void> {
  return async () => {
    const startedAt = new Date()
    const redaction = new Redaction()
    const namespaces: string[] = []
    const undos: (() => Promise<unknown>)[] = []
    const context: Scenario = {
      async namespace({ prefix = 'e2e', labels = {}, annotations = {} } = {}) {
        const name = `${prefix}-${randomBytes(4).toString('hex')}`
        await apply([namespaceManifest(name, labels, annotations)])
        namespaces.push(name)
        return name
      },
      async gitServer() {
        const name = await context.namespace({ prefix: 'git' })
        const server = await startGitServer(name)
        context.conceal(server.password)
        return server
      },
      conceal: secret => redaction.conceal(secret),
      onEnd: undo => undos.push(undo),
    }
    const failures: unknown[] = []
    await run(context).catch(async error => {
      failures.push(error)
      console.log(redaction.apply(await explain({ namespaces, since: startedAt })))
    })
    // The pods go while the next scenario runs: it has namespaces of its own.
    undos.unshift(async () => {
      if (namespaces.length === 0) return
      await kubectl(['delete', 'namespace', ...namespaces, '--wait=false', '--ignore-not-found'])
    })
    for (const undo of undos.toReversed()) {
      await undo().catch(error => failures.push(error))
    }
    const [first, ...others] = failures.map(error => redaction.applyTo(error))
    for (const other of others) console.log(`left behind: ${other}`)
    if (failures.length > 0) throw first
  }
}

/** Runs it and prints how long it took, which the run shows even when all is well. */
export async function measure<T>(what: string, run: () => Promise<T>): Promise<T> {
  const startedMs = performance.now()
  const result = await run()
  measured(what, `${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
  return result
}

/** Prints a number that the run shows even when all is well. */
export function measured(what: string, value: string): void {
  console.log(`\nmeasured: ${what}: ${value}`)
}

function namespaceManifest(
  name: string,
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>>,
): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { ...labels, e2e: 'true' }, annotations },
  }
}
