// What the chart renders, with the real helm and no cluster.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import {
  chart,
  containerOf,
  helmTemplate,
  keysOf,
  kindOf,
  one,
  podsOf,
  type Rendered,
  type RenderOptions,
  render,
} from '../helpers/chart.ts'
import { runCommand } from '../helpers/command.ts'

const test = suite('clients/chart')

test('renders the whole installation, each object once, and nothing of what is optional', async () => {
  const objects = await render()
  assert.equal(keysOf(objects).sort(), [
    'CSIDriver connectors-csi',
    'ClusterRole connectors-cleanup',
    'ClusterRole connectors-controller-manager',
    'ClusterRole connectors-csi',
    'ClusterRole connectors-edit',
    'ClusterRole connectors-proxy',
    'ClusterRole connectors-view',
    'ClusterRoleBinding connectors-cleanup',
    'ClusterRoleBinding connectors-controller-manager',
    'ClusterRoleBinding connectors-csi',
    'ClusterRoleBinding connectors-proxy',
    'ConfigMap connectors-config',
    'CustomResourceDefinition connectorclasses.connectors.alauda.io',
    'CustomResourceDefinition connectors.connectors.alauda.io',
    'CustomResourceDefinition resourceinterfaces.connectors.alauda.io',
    'DaemonSet connectors-csi',
    'Deployment connectors-controller-manager',
    'Deployment connectors-proxy',
    'Job connectors-cleanup',
    'Lease connectors-controller-manager',
    'NetworkPolicy connectors-controller-manager',
    'NetworkPolicy connectors-csi',
    'NetworkPolicy connectors-proxy',
    'PodDisruptionBudget connectors-controller-manager',
    'PodDisruptionBudget connectors-proxy',
    'Role connectors-controller-manager',
    'Role connectors-csi',
    'Role connectors-proxy',
    'RoleBinding connectors-controller-manager',
    'RoleBinding connectors-csi',
    'RoleBinding connectors-proxy',
    'Service connectors-proxy-service',
    'ServiceAccount connectors-cleanup',
    'ServiceAccount connectors-controller-manager',
    'ServiceAccount connectors-csi',
    'ServiceAccount connectors-proxy',
    'ValidatingAdmissionPolicy connectors-builtins',
    'ValidatingAdmissionPolicy connectors-cleanup-builtins',
    'ValidatingAdmissionPolicy connectors-cleanup-rolebindings',
    'ValidatingAdmissionPolicy connectors-cleanup-roles',
    'ValidatingAdmissionPolicy connectors-cleanup-services',
    'ValidatingAdmissionPolicy connectors-connectors',
    'ValidatingAdmissionPolicy connectors-events',
    'ValidatingAdmissionPolicy connectors-kept',
    'ValidatingAdmissionPolicy connectors-leases',
    'ValidatingAdmissionPolicy connectors-rolebindings',
    'ValidatingAdmissionPolicy connectors-roles',
    'ValidatingAdmissionPolicy connectors-services',
    'ValidatingAdmissionPolicyBinding connectors-builtins',
    'ValidatingAdmissionPolicyBinding connectors-cleanup-builtins',
    'ValidatingAdmissionPolicyBinding connectors-cleanup-rolebindings',
    'ValidatingAdmissionPolicyBinding connectors-cleanup-roles',
    'ValidatingAdmissionPolicyBinding connectors-cleanup-services',
    'ValidatingAdmissionPolicyBinding connectors-connectors',
    'ValidatingAdmissionPolicyBinding connectors-events',
    'ValidatingAdmissionPolicyBinding connectors-kept',
    'ValidatingAdmissionPolicyBinding connectors-leases',
    'ValidatingAdmissionPolicyBinding connectors-rolebindings',
    'ValidatingAdmissionPolicyBinding connectors-roles',
    'ValidatingAdmissionPolicyBinding connectors-services',
  ])
})

test('puts the driver and its account into the namespace that may be privileged, and all else into its own', async () => {
  const clusterWide = /^(Cluster|CustomResource|CSIDriver|ValidatingAdmission)/
  for (const [set, expected] of [
    [[], 'kube-system'],
    [['csi.namespace="mounts"'], 'mounts'],
  ] as const) {
    for (const { kind, metadata } of await render(set)) {
      const isDriver =
        metadata.name === 'connectors-csi' && ['DaemonSet', 'ServiceAccount', 'NetworkPolicy'].includes(kind)
      const where = clusterWide.test(kind) ? undefined : isDriver ? expected : 'system'
      assert.is(metadata.namespace, where, `${kind} ${metadata.name}`)
    }
    const binding = one(await render(set), 'ClusterRoleBinding', 'connectors-csi') as unknown as {
      subjects: readonly object[]
    }
    assert.equal(binding.subjects, [{ kind: 'ServiceAccount', name: 'connectors-csi', namespace: expected }])
  }
})

test('runs everything but the driver under restricted Pod Security', async () => {
  const restricted = podsOf(await render()).filter(({ kind }) => kind !== 'DaemonSet')
  assert.is(restricted.length, 3)
  for (const workload of restricted) {
    const pod = workload.spec.template.spec
    const name = workload.metadata.name
    assert.equal(
      pod.securityContext,
      // No user: the image's own, or the one that the platform picks.
      { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      name,
    )
    assert.equal(
      containerOf(workload).securityContext,
      { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      name,
    )
    assert.is(pod.volumes, undefined, name)
    for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) assert.is(pod[key], undefined, `${name} ${key}`)
  }
})

test('gives the driver what mounting needs, and no more of the host', async () => {
  const driver = one(await render(['csi.kubeletDir="/var/lib/k0s/kubelet/"']), 'DaemonSet', 'connectors-csi')
  const pod = driver.spec.template.spec
  const { securityContext, volumeMounts, args } = containerOf(driver)
  assert.equal(securityContext, {
    privileged: true,
    runAsUser: 0,
    runAsGroup: 0,
    readOnlyRootFilesystem: true,
  })
  assert.equal(
    pod.volumes.map(({ name, hostPath }: { name: string; hostPath: { path: string } }) => [
      name,
      hostPath.path,
    ]),
    [
      ['socket', '/var/lib/k0s/kubelet/plugins/connectors-csi'],
      ['registration', '/var/lib/k0s/kubelet/plugins_registry'],
      ['pods', '/var/lib/k0s/kubelet/pods'],
    ],
  )
  assert.equal(volumeMounts, [
    { name: 'socket', mountPath: '/csi' },
    { name: 'registration', mountPath: '/registration' },
    { name: 'pods', mountPath: '/var/lib/k0s/kubelet/pods', mountPropagation: 'Bidirectional' },
  ])
  for (const flag of [
    '--kubelet-dir=/var/lib/k0s/kubelet',
    '--endpoint=/csi/csi.sock',
    '--registration-dir=/registration',
    '--kubelet-endpoint=/var/lib/k0s/kubelet/plugins/connectors-csi/csi.sock',
  ]) {
    assert.ok(args.includes(flag), flag)
  }
  assert.equal(pod.tolerations, [{ operator: 'Exists' }])
  assert.is(pod.priorityClassName, 'system-node-critical')
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) assert.is(pod[key], undefined, key)
})

test('takes whatever Helm takes as the names of the release and of namespaces', async () => {
  const set = ['csi.namespace="1e3"', 'image.pullSecrets=["0"]', 'proxy.priorityClassName="null"']
  const namespaces = new Set<unknown>()
  const strings = (value: unknown, path: string) => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, below] of Object.entries(value)) strings(below, `${path}.${key}`)
    } else assert.type(value, 'string', path)
  }
  const objects = await render(set, { release: '123', namespace: 'true' })
  for (const { kind, metadata, ...rest } of objects) {
    strings(metadata, `${kind} ${metadata.name}`)
    const { subjects = [] } = rest as unknown as { subjects?: readonly { namespace: string }[] }
    for (const { namespace } of [metadata, ...subjects]) namespaces.add(namespace)
  }
  assert.equal(namespaces, new Set([undefined, 'true', '1e3']))
  for (const workload of podsOf(objects)) {
    const { metadata, spec } = workload.spec.template
    strings(metadata, workload.metadata.name)
    strings(workload.spec.selector ?? {}, workload.metadata.name)
    assert.equal(spec.imagePullSecrets, [{ name: '0' }])
  }
  const proxy = one(objects, 'Deployment', 'connectors-proxy').spec.template.spec
  assert.is(proxy.priorityClassName, 'null')
  const service = one(objects, 'Service', 'connectors-proxy-service')
  assert.equal(service.spec.selector['app.kubernetes.io/instance'], '123')
})

test('names a version of the image, and none that floats', async () => {
  const { appVersion } = parse(await readFile(join(chart, 'Chart.yaml'), 'utf8')) as { appVersion: string }
  const digest = `sha256:${'0'.repeat(64)}`
  for (const [set, image] of [
    [[], `localhost/connectors:${appVersion}`],
    [['image={"repository":"example.com:5000/a/b","tag":"2.0.0"}'], 'example.com:5000/a/b:2.0.0'],
    [[`image.digest="${digest}"`], `localhost/connectors@${digest}`],
  ] as const) {
    for (const workload of podsOf(await render(set))) {
      assert.is(containerOf(workload).image, image, workload.metadata.name)
      assert.is(containerOf(workload).imagePullPolicy, 'IfNotPresent')
    }
  }
})

test('probes every server, and says what each container needs', async () => {
  const all = podsOf(await render())
  for (const workload of all) {
    const { resources, startupProbe, livenessProbe, readinessProbe, ports } = containerOf(workload)
    const name = workload.metadata.name
    for (const amount of [resources.requests.cpu, resources.requests.memory, resources.limits.memory]) {
      assert.type(amount, 'string', name)
    }
    if (workload.kind === 'Job') continue
    assert.ok(ports.some((port: { name: string }) => port.name === 'metrics'))
    assert.equal(startupProbe.httpGet, { path: '/healthz', port: 'metrics' }, name)
    assert.equal(livenessProbe.httpGet, { path: '/healthz', port: 'metrics' }, name)
    assert.equal(readinessProbe.httpGet, { path: '/readyz', port: 'metrics' }, name)
  }
})

test('mounts tokens where a process asks the API server, and by the pod alone', async () => {
  const objects = await render()
  for (const account of kindOf(objects, 'ServiceAccount')) {
    assert.is((account as unknown as Record<string, unknown>)['automountServiceAccountToken'], false)
  }
  for (const { metadata, spec } of podsOf(objects)) {
    assert.is(spec.template.spec.serviceAccountName, metadata.name)
    assert.is(spec.template.spec.automountServiceAccountToken, true)
  }
})

test('keeps the definitions when the release goes, and can leave them out', async () => {
  const definitions = kindOf(await render(), 'CustomResourceDefinition')
  for (const { metadata, ...rest } of definitions) {
    assert.equal(metadata.annotations, { 'helm.sh/resource-policy': 'keep' })
    const file = join(chart, 'definitions', `${metadata.name.split('.')[0]}.yaml`)
    const { metadata: _, ...own } = parse(await readFile(file, 'utf8')) as Rendered
    assert.equal(rest as object, own as object)
  }
  const kept = (await render()).filter(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'])
  assert.is(kept.length, definitions.length)
  assert.equal(kindOf(await render(['crds.enabled=false']), 'CustomResourceDefinition'), [])
})

test('describes the driver to kubelet as csi.md does, with what the cluster knows', async () => {
  const spec = {
    attachRequired: false,
    podInfoOnMount: true,
    requiresRepublish: true,
    fsGroupPolicy: 'None',
    volumeLifecycleModes: ['Ephemeral'],
    tokenRequests: [{ audience: 'connectors', expirationSeconds: 1800 }],
  }
  assert.equal(one(await render(), 'CSIDriver', 'connectors-csi').spec, spec)
  for (const kubeVersion of ['1.35.0', '1.36.2-gke.100', '2.0.0']) {
    const known = one(await render([], { kubeVersion }), 'CSIDriver', 'connectors-csi')
    assert.equal(known.spec, { ...spec, serviceAccountTokenInSecrets: true }, kubeVersion)
  }
  const shorter = one(await render(['csi.tokenExpirationSeconds=600']), 'CSIDriver', 'connectors-csi')
  assert.is(shorter.spec.tokenRequests[0].expirationSeconds, 600)
})

test('tells OpenShift that pods of restricted namespaces may have its volumes', async () => {
  const { metadata } = one(await render(), 'CSIDriver', 'connectors-csi')
  assert.is(metadata.labels?.['security.openshift.io/csi-ephemeral-volume-profile'], 'restricted')
})

const metricsApi = { capabilities: ['metrics.k8s.io/v1beta1'] }
const scaling: readonly (readonly [set: readonly string[], options: RenderOptions, scales: boolean])[] = [
  [[], {}, false],
  [[], metricsApi, true],
  [['proxy.autoscaling.enabled=true'], {}, true],
  [['proxy.autoscaling.enabled=false'], metricsApi, false],
]

for (const [set, options, scales] of scaling) {
  const name = `${set.join() || 'by default'} ${options === metricsApi ? 'with' : 'without'} the metrics API`
  test(`scales the proxy or counts its replicas, never both: ${name}`, async () => {
    const objects = await render(set, options)
    assert.is(kindOf(objects, 'HorizontalPodAutoscaler').length, scales ? 1 : 0)
    assert.is(one(objects, 'Deployment', 'connectors-proxy').spec.replicas, scales ? undefined : 2)
    assert.is(one(objects, 'Deployment', 'connectors-controller-manager').spec.replicas, 2)
  })
}

test('lets the proxy finish what it does: gone from the Service first, then a whole drain', async () => {
  const { spec } = one(await render(['proxy.drainTimeoutSeconds=60']), 'Deployment', 'connectors-proxy')
  const pod = spec.template.spec
  const [container] = pod.containers
  const { seconds } = container.lifecycle.preStop.sleep
  assert.ok(seconds >= 5)
  assert.ok(container.args.includes('--drain-timeout=60s'))
  assert.ok(pod.terminationGracePeriodSeconds > seconds + 60)
  for (const { metadata, spec } of kindOf(await render(), 'Deployment')) {
    assert.equal(spec.strategy.rollingUpdate, { maxSurge: 1, maxUnavailable: 0 }, metadata.name)
  }
})

test('finds the pods of each workload by what the pods carry', async () => {
  const objects = await render([
    'proxy.podLabels={"team":"a"}',
    'networkPolicies.metricsFrom=[{"podSelector":{}}]',
  ])
  const labels = new Map(
    podsOf(objects).map(({ metadata, spec }) => [metadata.name, spec.template.metadata.labels]),
  )
  const selectors: [string, Record<string, string>][] = []
  for (const { kind, metadata, spec } of objects) {
    const selector =
      spec?.selector?.matchLabels ?? spec?.podSelector?.matchLabels ?? (kind === 'Service' && spec.selector)
    if (selector) selectors.push([metadata.name.replace('-service', ''), selector])
  }
  assert.is(selectors.length, 3 + 3 + 2 + 1)
  for (const [name, selector] of selectors) {
    assert.equal(selector, { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': 'install' })
    for (const [key, value] of Object.entries(selector)) assert.is(labels.get(name)?.[key], value, name)
  }
  assert.is(labels.get('connectors-proxy')?.['team'], 'a')
})

test('lets everybody connect to the proxy, and only those who are named read metrics', async () => {
  const peers = 'networkPolicies.metricsFrom=[{"namespaceSelector":{"matchLabels":{"name":"monitoring"}}}]'
  const metrics = {
    from: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }],
    ports: [{ port: 'metrics' }],
  }
  const http = { ports: [{ port: 'http' }] }
  for (const [set, name, ingress] of [
    [[], 'connectors-proxy', [http]],
    [[], 'connectors-controller-manager', null],
    [[], 'connectors-csi', null],
    [[peers], 'connectors-proxy', [http, metrics]],
    [[peers], 'connectors-controller-manager', [metrics]],
    [[peers], 'connectors-csi', [metrics]],
  ] as const) {
    const { spec } = one(await render(set), 'NetworkPolicy', name)
    assert.equal(spec.policyTypes, ['Ingress'])
    assert.equal(spec.ingress, ingress, `${name} ${set}`)
  }
})

test('follows the values', async () => {
  const none = await render([
    'networkPolicies.enabled=false',
    'admissionPolicies.enabled=false',
    'podDisruptionBudgets.enabled=false',
    'cleanup.enabled=false',
    'rbac.aggregateToUserRoles=false',
    'featureFlags.enable-multi-connector=false',
    'featureFlags.enable-connector-proxy-permissions="true"',
  ])
  assert.equal(
    keysOf(none).filter(key => /Policy|Budget|cleanup|view|edit/.test(key)),
    [],
  )
  assert.equal(one(none, 'ConfigMap', 'connectors-config').data as object, {
    'enable-connector-proxy-permissions': 'true',
    'enable-multi-connector': 'false',
  })
  const monitored = await render(['serviceMonitor.enabled=true', 'networkPolicies.enabled=false'])
  assert.is(kindOf(monitored, 'ServiceMonitor').length, 3)
  for (const { metadata, spec } of kindOf(monitored, 'ServiceMonitor')) {
    const service = one(monitored, 'Service', `${metadata.name}-metrics`)
    assert.is(service.spec.ports[0].name, spec.endpoints[0].port)
    for (const [key, value] of Object.entries(spec.selector.matchLabels)) {
      assert.is(service.metadata.labels?.[key], value)
    }
  }
  const controller = one(
    await render(['builtins.enabled=false']),
    'Deployment',
    'connectors-controller-manager',
  )
  assert.not(containerOf(controller).args.some((arg: string) => arg.startsWith('--builtins')))
})

test('refuses a Kubernetes that lacks what it relies on', async () => {
  const { status, stderr } = await helmTemplate([], { kubeVersion: '1.29.14' })
  assert.is(status, 1, stderr)
  assert.match(stderr, /chart requires kubeVersion: >=1\.30\.0-0/)
  assert.is((await helmTemplate([], { kubeVersion: '1.30.0-eks-1' })).status, 0)
})

test('has nothing that helm lint complains about', async () => {
  const { status, stdout } = await runCommand('helm', ['lint', '--strict', chart])
  assert.is(status, 0, stdout)
  assert.not.match(stdout, /\[(WARNING|ERROR)\]/)
})

test.run()
