// Bindings of workspaces, of every kind that Tekton has.
import type { Random } from '../../gotemplate/fuzz/random.ts'

export function randomBinding(random: Random, connectors = 'ci/one'): Readonly<Record<string, unknown>> {
  const source = random.pick<() => Readonly<Record<string, unknown>>>([
    () => ({ emptyDir: random.chance(0.5) ? {} : { medium: 'Memory', sizeLimit: '64Mi' } }),
    () => ({ secret: { secretName: 'token', optional: true } }),
    () => ({ configMap: { name: 'settings', items: [{ key: 'a', path: 'b' }], defaultMode: 420 } }),
    () => ({ persistentVolumeClaim: { claimName: 'cache', readOnly: true } }),
    () => ({
      volumeClaimTemplate: {
        metadata: { labels: { a: 'b' } },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    }),
    () => ({
      projected: {
        sources: [{ secret: { name: 'token' } }, { serviceAccountToken: { audience: 'x', path: 'token' } }],
      },
    }),
    () => ({
      csi: {
        driver: 'connectors-csi',
        readOnly: true,
        volumeAttributes: { connectors, 'configuration.names': 'gitconfig' },
      },
    }),
  ])()
  const broken = random.weighted<object>([
    [60, {}],
    [3, { subPath: 'a/b' }],
    [1, { emptyDir: {}, secret: { secretName: 'token' } }],
    [1, { nothing: {} }],
    [1, { csi: {} }],
  ])
  return { ...source, ...broken }
}
