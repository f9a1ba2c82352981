// The rights of our components are the ones that they used: the chart's rules against the audit log of the whole run.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { apply, getObject, until } from '../harness/kubectl.ts'
import { systemNamespace } from '../harness/release.ts'
import {
  type Call,
  covers,
  describeRight,
  type Right,
  type Rule,
  readCalls,
  readRights,
} from '../harness/rights.ts'
import { measured, scenario } from '../harness/scenario.ts'

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
      },
      { forbidden: [], unused: [], wide: [] },
    )
    measured('rights compared with calls', `${granted.length} rights, ${calls.length} calls`)
  }),
)

rights.run()

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
