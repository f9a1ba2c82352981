// What an installation switches on and off while it runs: the text booleans of a ConfigMap, followed.
// Spec: install.md, "Cluster".
import type { ObjectKey } from '../connector/object.ts'
import { createInformer, type InformerOptions } from '../kube/cache/informer.ts'
import { configMaps } from '../kube/object/resources.ts'

/** Every flag, with what counts while nothing is known or nothing sensible is said: the stricter. */
const strict = { 'enable-connector-proxy-permissions': true, 'enable-multi-connector': false }

export type FeatureName = keyof typeof strict

const names = Object.keys(strict).filter(isFeature)
/** Anybody's keys: so many of them are named. */
const maxNamed = 5

export interface FeatureFlags<Name extends FeatureName> {
  /** As of now: ask again for each decision. */
  isOn(name: Name): boolean
  readonly isSynced: boolean
  /** Resolves once the ConfigMap was read or found missing, rejects when `run` ends before. */
  readonly synced: Promise<void>
  run(options: { readonly signal: AbortSignal }): Promise<void>
}

export interface FeatureFlagsOptions<Name extends FeatureName>
  extends Pick<InformerOptions<never>, 'client' | 'clock' | 'onError'> {
  /** Undefined for none: then `defaults` is all there is. */
  readonly configMap: ObjectKey | undefined
  /** Of the flags that the component knows, where the ConfigMap does not say. */
  readonly defaults: Readonly<Record<Name, boolean>>
  /** Told what the ConfigMap says each time it says something else. */
  readonly onChange: (said: FeatureValues) => void
  /** Told once of the keys that are no flags, and of each that is no boolean. */
  readonly onProblem: (problem: string) => void
}

export type FeatureValues = Readonly<Partial<Record<FeatureName, boolean>>>

export function createFeatureFlags<Name extends FeatureName>({
  configMap,
  defaults,
  onChange,
  onProblem,
  ...informing
}: FeatureFlagsOptions<Name>): FeatureFlags<Name> {
  if (configMap === undefined) {
    return { isOn: name => defaults[name], isSynced: true, synced: Promise.resolve(), run: async () => {} }
  }
  const { namespace, name: mapName } = configMap
  const fieldSelector = `metadata.name=${mapName}`
  const informer = createInformer({ ...informing, resource: configMaps, namespace, fieldSelector })
  let values: FeatureValues = {}
  let told = new Set<string>()

  informer.onChange(({ type, object }) => {
    const read = readFeatures(type === 'deleted' ? {} : (object.data ?? {}))
    const before = values
    values = read.values
    for (const problem of read.problems) if (!told.has(problem)) onProblem(problem)
    told = new Set(read.problems)
    if (names.some(name => values[name] !== before[name])) onChange(values)
  })

  return {
    isOn: name => (informer.isSynced ? (values[name] ?? defaults[name]) : strict[name]),
    get isSynced() {
      return informer.isSynced
    },
    synced: informer.synced,
    run: options => informer.run(options),
  }
}

/** What can be used of a ConfigMap's data, and lines on the keys that cannot. */
export function readFeatures(data: Readonly<Record<string, string>>): {
  readonly values: FeatureValues
  readonly problems: readonly string[]
} {
  const values: Partial<Record<FeatureName, boolean>> = {}
  const problems: string[] = []
  const unknown = Object.keys(data).filter(key => !isFeature(key))
  if (unknown.length > 0) {
    const shown = unknown.slice(0, maxNamed).map(key => `"${key}"`)
    const more = unknown.length > maxNamed ? ` and ${unknown.length - maxNamed} more` : ''
    problems.push(`Cannot use ${shown.join(', ')}${more} as feature flag: known are ${names.join(', ')}`)
  }
  for (const key of names) {
    const text = data[key]
    if (text === undefined) continue
    if (text !== 'true' && text !== 'false') {
      problems.push(
        `Cannot use the value of feature flag "${key}": it is not true or false, and counts as ${strict[key]}`,
      )
    }
    values[key] = text === 'true' || text === 'false' ? text === 'true' : strict[key]
  }
  return { values, problems }
}

function isFeature(key: string): key is FeatureName {
  return Object.hasOwn(strict, key)
}
