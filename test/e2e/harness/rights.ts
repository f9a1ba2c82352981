// What the chart lets our components do, one right at a time, and what they asked the API server for in a run.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseAllDocuments } from 'yaml'
import type { KubeObject } from './kubectl.ts'
import { helm, systemNamespace } from './release.ts'

/** One verb on one resource. */
export type Right = {
  readonly account: string
  readonly verb: string
  readonly group: string
  /** With the subresource: `connectors/status`. */
  readonly resource: string
  /** Of a Role; undefined everywhere. */
  readonly namespace: string | undefined
  /** Undefined where all names are meant. */
  readonly name: string | undefined
}

export type Call = Omit<Right, 'namespace'> & {
  readonly namespace: string | undefined
  readonly isAllowed: boolean
  /** The words of the admission policy that refused it, though the role allowed it. */
  readonly refusal?: string
}

export type Rule = {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}

type Subject = { readonly kind: string; readonly name: string; readonly namespace?: string }

export type InstalledRights = {
  /** Of every ServiceAccount that the release binds, the one of its clean-up Job too. */
  readonly rights: readonly Right[]
  /** Whether the chart knows the name of an object, so that a rule could tell it. */
  readonly isKnown: (name: string) => boolean
}

export async function readRights(): Promise<InstalledRights> {
  const which = ['connectors', '--namespace', systemNamespace]
  const text = [await helm(['get', 'manifest', ...which]), await helm(['get', 'hooks', ...which])].join(
    '\n---\n',
  )
  const objects = parseAllDocuments(text)
    .map(document => document.toJS() as KubeObject | null)
    .filter(object => object !== null)
  const rights: Right[] = []
  for (const binding of objects.filter(({ kind }) => /^(Cluster)?RoleBinding$/.test(kind))) {
    const namespace = binding.metadata.namespace
    const { kind, name } = binding['roleRef']
    const role = objects.find(
      object =>
        object.kind === kind && object.metadata.name === name && object.metadata.namespace === namespace,
    )
    if (role === undefined)
      throw new Error(`${binding.kind} ${binding.metadata.name} binds no role of the release`)
    for (const subject of binding['subjects'] as readonly Subject[]) {
      const account = `system:serviceaccount:${subject.namespace}:${subject.name}`
      for (const rule of role['rules'] as readonly Rule[])
        rights.push(...rightsOf(rule, { account, namespace }))
    }
  }
  const words = new Set(text.match(/[a-z0-9][a-z0-9.-]*/g))
  return { rights, isKnown: name => words.has(name) }
}

function rightsOf(rule: Rule, of: Pick<Right, 'account' | 'namespace'>): Right[] {
  const names = rule.resourceNames ?? [undefined]
  return rule.apiGroups.flatMap(group =>
    rule.resources.flatMap(resource =>
      rule.verbs.flatMap(verb => names.map(name => ({ ...of, group, resource, verb, name }))),
    ),
  )
}

/** By the audit log of the API server: JSON lines, the rule's level "Metadata" or more. */
export async function readCalls(
  path: string,
  { accounts, since }: { readonly accounts: ReadonlySet<string>; readonly since: Date },
): Promise<readonly Call[]> {
  const components = new Set([...accounts].map(lastPart))
  const withoutRights = new Set<string>()
  const calls: Call[] = []
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const isOfInterest =
      line.includes('"system:serviceaccount:') || line.includes('"rbac.authorization.k8s.io"')
    if (!isOfInterest) continue
    const entry: AuditEntry = JSON.parse(line)
    const { user, objectRef, annotations } = entry
    if (objectRef === undefined || new Date(entry.requestReceivedTimestamp) < since) continue
    // A component that ends after its rights, in an uninstall, may be refused its last words.
    if (components.has(objectRef.name ?? '')) followRights(withoutRights, entry)
    if (!accounts.has(user.username)) continue
    const isAllowed = annotations?.['authorization.k8s.io/decision'] === 'allow'
    if (isAllowed || !withoutRights.has(lastPart(user.username))) calls.push(...callsOf(entry, isAllowed))
  }
  return calls
}

function followRights(withoutRights: Set<string>, { verb, objectRef }: AuditEntry): void {
  const { resource = '', name = '' } = objectRef ?? {}
  if (verb === 'delete' && /^(cluster)?role(binding)?s$/.test(resource)) withoutRights.add(name)
  // What Helm makes last of them.
  if (verb === 'create' && resource === 'rolebindings') withoutRights.delete(name)
}

/** The decision tells whether it was allowed, not the status: admission answers 403 too. */
function callsOf({ user, verb, objectRef, responseStatus }: AuditEntry, isAllowed: boolean): Call[] {
  if (objectRef === undefined) return []
  const { apiGroup: group = '', resource, subresource, namespace, name } = objectRef
  const call = {
    account: user.username,
    verb,
    group,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    isAllowed,
    ...refusalOf(responseStatus?.message),
  }
  // A server-side apply of what is not there yet needs the right to create it as well.
  const isCreation = verb === 'patch' && responseStatus?.code === 201
  return isCreation ? [call, { ...call, verb: 'create' }] : [call]
}

function refusalOf(message = ''): Pick<Call, 'refusal'> {
  const [, refusal] = /ValidatingAdmissionPolicy '([^']+.*)/.exec(message) ?? []
  return refusal === undefined ? {} : { refusal }
}

type AuditEntry = {
  readonly verb: string
  readonly user: { readonly username: string }
  readonly objectRef?: {
    readonly apiGroup?: string
    readonly resource: string
    readonly subresource?: string
    readonly namespace?: string
    readonly name?: string
  }
  readonly responseStatus?: { readonly code?: number; readonly message?: string }
  readonly requestReceivedTimestamp: string
  readonly annotations?: Readonly<Record<string, string>>
}

export function covers(right: Right, call: Call): boolean {
  const same = (['account', 'verb', 'group', 'resource'] as const).every(
    field => right[field] === call[field],
  )
  const isThere = right.namespace === undefined || right.namespace === call.namespace
  return same && isThere && (right.name === undefined || right.name === call.name)
}

export function describeRight({ account, verb, group, resource, namespace, name }: Right | Call): string {
  const where = namespace === undefined ? '' : ` in ${namespace}`
  return `${lastPart(account)}: ${verb} ${resource}${group && `.${group}`}${name ? ` "${name}"` : ''}${where}`
}

function lastPart(account: string): string {
  return account.slice(account.lastIndexOf(':') + 1)
}
