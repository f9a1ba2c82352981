// The rights of our components are the ones that they used: the chart's rules against the audit log of the whole run.
// What a rule cannot say, an admission policy does: each account is refused what it does not need.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createGitClass, createGitConnector } from '../harness/connector.ts'
import { type Ask, withImpersonation } from '../harness/impersonate.ts'
import { apply, getObject, kubectl, listObjects, type Manifest, until } from '../harness/kubectl.ts'
import { driverNamespace, releaseHooks, systemNamespace } from '../harness/release.ts'
import {
  type Call,
  covers,
  describeRight,
  type Right,
  type Rule,
  readCalls,
  readRights,
} from '../harness/rights.ts'
import { measured, type Scenario, scenario } from '../harness/scenario.ts'
import type { Attempt, Surroundings } from './attempts/attempt.ts'
import { cleanupAttempts, driverAttempts, proxyAttempts } from './attempts/components.ts'
import { controllerAttempts } from './attempts/controller.ts'

const auditLog = process.env['E2E_AUDIT_LOG']
if (!auditLog) throw new Error('Cannot compare rights with calls: E2E_AUDIT_LOG is not set')

const startedAt = process.env['E2E_STARTED_AT']

const rights = suite('the rights of the components')

rights(
  'are all used, are no wider than their use, and were never missing',
  scenario(async ({ namespace }) => {
    const { rights: all, isKnown } = await readRights()
    // With `--installed` there was no run: it is about the time since the release is there, and nothing was cleaned up.
    const granted = startedAt ? all : all.filter(({ account }) => !account.endsWith(':connectors-cleanup'))
    const given = await rulesOfScopes(await namespace())
    const accounts = new Set(granted.map(({ account }) => account))
    const calls = await readCalls(auditLog, { accounts, since: await startOfRun() })

    const uses = new Map(
      granted.map(right => [right, calls.filter(call => call.isAllowed && covers(right, call))]),
    )
    const unused = granted.filter(right => uses.get(right)?.length === 0 && !isGiven(right, given))
    const wide = granted.flatMap(right => narrower(right, uses.get(right) ?? [], isKnown))
    assert.equal(
      {
        forbidden: [...new Set(calls.filter(({ isAllowed }) => !isAllowed).map(describeRight))],
        unused: unused.map(describeRight),
        wide,
        refused: calls.filter(isRefused).map(call => `${describeRight(call)}: ${call.refusal}`),
      },
      { forbidden: [], unused: [], wide: [], refused: [] },
    )
    measured('rights compared with calls', `${granted.length} rights, ${calls.length} calls`)
  }),
)

rights.run()

const policies = suite('the admission policies')

policies('read the fields that their objects have', async () => {
  const found = (await listObjects('validatingadmissionpolicies')).filter(({ metadata }) =>
    metadata.name.startsWith('connectors-'),
  )
  assert.ok(found.length > 5, `${found.length} policies`)
  for (const { metadata, spec, status } of found) {
    assert.is(spec.failurePolicy, 'Fail')
    const warnings: readonly { readonly warning: string }[] = status?.typeChecking?.expressionWarnings ?? []
    // Of events there are two groups; the API server looks at both, and the rule names one.
    const own = warnings.filter(({ warning }) => !warning.startsWith('events.k8s.io/'))
    assert.equal(own, [], metadata.name)
  }
})

policies(
  'refuse each account what it does not need, and not what it needs',
  scenario(async context => {
    const at = await surroundings(context)
    const account = (name: string, namespace = systemNamespace) =>
      `system:serviceaccount:${namespace}:${name}`
    const controller = account('connectors-controller-manager')
    await withImpersonation(async ask => {
      await compare(ask, controller, controllerAttempts(at))
      await compare(ask, account('connectors-proxy'), proxyAttempts(at))
      await compare(ask, account('connectors-csi', driverNamespace), driverAttempts(at))

      await applyCleanup(context)
      // A policy is heeded a moment after it was made.
      await until(() => compare(ask, account('connectors-cleanup'), cleanupAttempts(at)).then(() => true), {
        what: 'the account that cleans up to be held to that',
      })
      await compare(ask, controller, controllerAttempts(at))
    })
  }),
)

policies.run()

async function surroundings({ namespace, gitServer, onEnd }: Scenario): Promise<Surroundings> {
  const team = await namespace()
  await createGitConnector({ name: 'repo', namespace: team, server: await gitServer() })
  await createGitClass(team)
  onEnd(() => kubectl(['delete', 'connectorclass', team]))
  await kubectl(['annotate', 'connectorclass', 'oci', 'connectors.cpaas.io/builtin=replaced'])
  onEnd(() => kubectl(['annotate', 'connectorclass', 'oci', 'connectors.cpaas.io/builtin-']))
  const mine = { metadata: { name: 'mine' } }
  await apply(
    [
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'c-mine' }, spec: { ports: [{ port: 80 }] } },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', ...mine, rules: [] },
      ...['kubelet', 'connectors-controller', 'connectors-csi'].map(reporter => eventOf(reporter, team)),
    ],
    team,
  )
  const objects: Record<string, object> = {
    'service/kubernetes': await getObject('service', 'kubernetes', 'default'),
    'secret/connectors-sealing-keys': await getObject('secret', 'connectors-sealing-keys', systemNamespace),
  }
  for (const key of [
    'service/c-repo',
    'service/c-mine',
    'role/connectors-scope',
    'rolebinding/connectors-scope',
  ]) {
    const [kind = '', name = ''] = key.split('/')
    objects[key] = await getObject(kind, name, team)
  }
  objects[`connectorclass/${team}`] = {}
  const { uid = '' } = (await getObject('connector', 'repo', team)).metadata
  return { team, systemNamespace, uid, objects }
}

/** With the name of who tells of it. */
function eventOf(reporter: string, namespace: string): Manifest {
  const isDriver = reporter === 'connectors-csi'
  const involvedObject = isDriver
    ? { apiVersion: 'v1', kind: 'Pod', name: 'a', namespace }
    : { apiVersion: 'connectors.alauda.io/v1alpha1', kind: 'Connector', name: 'repo', namespace }
  const told = { reason: 'E2e', type: 'Normal', reportingComponent: reporter, reportingInstance: 'e2e' }
  return { apiVersion: 'v1', kind: 'Event', metadata: { name: reporter }, involvedObject, ...told }
}

/** The hooks of the release, but for the Job that would do it. */
async function applyCleanup({ onEnd }: Scenario): Promise<void> {
  const hooks = (await releaseHooks()).filter(({ kind }) => kind !== 'Job')
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: hooks })
  onEnd(() => kubectl(['delete', '--ignore-not-found', '--filename=-'], { input }))
  await kubectl(['apply', '--filename=-'], { input })
}

async function compare(ask: Ask, username: string, attempts: readonly Attempt[]): Promise<void> {
  const found: string[] = []
  for (const { what, request, outcome } of attempts) {
    const { status, message } = await ask(username, request)
    const policy = /ValidatingAdmissionPolicy '([^']+)'/.exec(message)?.[1]?.replace('-cleanup-', '-')
    // What is there already was let be made.
    const isAllowed = [200, 201, 409].includes(status)
    const came = policy ?? (isAllowed ? 'allowed' : status === 403 ? 'role' : `${status}: ${message}`)
    if (came !== outcome) found.push(`${what}: ${came} instead of ${outcome}`)
  }
  assert.equal(found, [], username)
  measured(`attempts as ${username}`, `${attempts.length}`)
}

/** By a policy, but for what a scenario is about: test/e2e/scenarios/kept-true.test.ts. */
function isRefused({ refusal }: Call): boolean {
  return refusal !== undefined && !refusal.includes('admissionPolicies.proxyNamespaces')
}

async function startOfRun(): Promise<Date> {
  if (startedAt) return new Date(startedAt)
  const { metadata } = await getObject('serviceaccount', 'connectors-proxy', systemNamespace)
  return new Date(metadata.creationTimestamp ?? '')
}

/** What the controller gives to others: one can give only what one has. */
async function rulesOfScopes(namespace: string): Promise<readonly Rule[]> {
  const spec = { connectorClassName: 'git', address: 'http://nowhere.invalid' }
  const connector = {
    apiVersion: 'connectors.alauda.io/v1alpha1',
    kind: 'Connector',
    metadata: { name: 'repo' },
    spec,
  }
  await apply([connector], namespace)
  const role = await until(() => getObject('role', 'connectors-scope', namespace), {
    what: 'the grant of a scope',
  })
  return role['rules']
}

function isGiven({ account, group, resource, verb }: Right, rules: readonly Rule[]): boolean {
  const isController = account.endsWith(':connectors-controller-manager')
  const has = ({ apiGroups, resources, verbs }: Rule) =>
    apiGroups.includes(group) && resources.includes(resource) && verbs.includes(verb)
  return isController && rules.some(has)
}

const namedVerbs = new Set(['get', 'update', 'patch', 'delete'])

/** What a right could be limited to, as far as its uses tell. */
function narrower(right: Right, uses: readonly Call[], isKnown: (name: string) => boolean): string[] {
  const found: string[] = []
  if ([right.verb, right.resource, right.group].includes('*')) found.push('to what it is for, instead of "*"')
  const [name = '', ...others] = new Set(uses.map(use => use.name))
  const isOfOne = right.name === undefined && others.length === 0 && isKnown(name)
  if (isOfOne && namedVerbs.has(right.verb)) found.push(`to the name "${name}"`)
  const isOfSystem = uses.length > 0 && uses.every(use => use.namespace === systemNamespace)
  if (right.namespace === undefined && isOfSystem) found.push(`to namespace ${systemNamespace}`)
  return found.map(limit => `${describeRight(right)}: ${limit}`)
}
