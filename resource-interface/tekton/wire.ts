// A run sets the params and workspaces of its Pipeline only. What goes to one task of it goes through a param or
// workspace of the Pipeline that hands on to this task and to nothing else; where there is none, one is added.
import type { Binding, Json, Value } from '../definition.ts'
import type { PipelineTask, RunDefinition } from './definition.ts'
import type { Filling } from './fill.ts'
import { compareText, fieldOf, type JsonObject, listOf, textOf } from './json.ts'
import type { RunProblem } from './run-problem.ts'
import { countReferences, hasVariable, referenceTo, wholeReference } from './substitution.ts'
import { textsOf } from './value.ts'

export type Wired = {
  /** Changed where something was added; otherwise the Pipeline's own. */
  readonly spec: JsonObject
  readonly params: ReadonlyMap<string, Value>
  readonly workspaces: ReadonlyMap<string, Binding>
  readonly problems: readonly RunProblem[]
}

type Group = {
  readonly key: string
  readonly wantedName: string
  readonly fillings: readonly Filling[]
}

/** `fillings`: those of tasks, each with its content. `own`: places of the Pipeline itself, by path, and who fills them. */
export function wireTasks(
  definition: RunDefinition,
  fillings: readonly Filling[],
  own: ReadonlyMap<string, Filling>,
): Wired {
  const problems: RunProblem[] = []
  const params = new Map<string, Value>()
  const workspaces = new Map<string, Binding>()
  const changes: Change[] = []
  const uses = { params: countReferences(definition.spec, 'params'), workspaces: countWorkspaces(definition) }
  const taken = { params: takenNames(definition, 'params'), workspaces: takenNames(definition, 'workspaces') }

  for (const group of groupsOf(fillings)) {
    const added: Filling[] = []
    const shared = exposuresOf(definition, group.fillings)
    for (const [name, through] of shared) {
      const first = through[0]
      if (first === undefined) continue
      const { what } = first.target
      const filler = own.get(`${what}.${name}`)
      const isSame = filler !== undefined && keyOf(filler) === group.key
      const isFree = filler === undefined && (uses[what].get(name) ?? 0) === through.length
      const fits = isSame || (isFree && fitsInto(definition, name, first))
      if (!fits) added.push(...through)
      else if (!isSame) setRunValue(first, name, { params, workspaces })
    }
    added.push(...group.fillings.filter(filling => exposureOf(definition, filling) === undefined))
    if (added.length > 0) addPlace({ ...group, fillings: added })
  }
  return {
    spec: changes.length === 0 ? definition.spec : applyChanges(definition.spec, changes),
    params,
    workspaces,
    problems,
  }

  function addPlace({ wantedName, fillings: places }: Group): void {
    const [first] = places
    if (!first?.content) return
    const { what } = first.target
    if ('value' in first.content && first.content.parameterize?.disable) {
      for (const place of places) {
        if (textsOf(first.content.value).some(hasVariable)) {
          problems.push({
            field: place.field,
            reason: 'Unsupported',
            message: 'would hold a variable of Tekton, and the attribute may not become a param',
          })
        }
        changes.push(setOnTask(definition, place, first.content.value))
      }
      return
    }
    const name = freeName(wantedName, taken[what])
    taken[what].add(name.toLowerCase())
    setRunValue(first, name, { params, workspaces })
    changes.push(declare(first, name))
    for (const place of places) {
      const handed = 'value' in first.content ? referenceTo(name, first.content.type) : name
      changes.push(setOnTask(definition, place, handed))
    }
  }
}

/** One attribute or workspace with all its places in tasks; in an order that the input has no say in. */
function groupsOf(fillings: readonly Filling[]): readonly Group[] {
  const sorted = [...fillings].sort((a, b) => compareText(a.field, b.field))
  const groups = [...Map.groupBy(sorted, keyOf)].map(([key, places]): Group => {
    const { integration, name } = places[0] ?? { integration: '', name: '' }
    return { key, wantedName: `${integration}-${name}`, fillings: places }
  })
  return groups.sort((a, b) => compareText(a.key, b.key))
}

function keyOf({ integration, name, target }: Filling): string {
  return JSON.stringify([target.what, integration, name])
}

function exposuresOf(
  definition: RunDefinition,
  fillings: readonly Filling[],
): ReadonlyMap<string, readonly Filling[]> {
  const exposed = new Map<string, Filling[]>()
  for (const filling of fillings) {
    const name = exposureOf(definition, filling)
    if (name === undefined) continue
    exposed.set(name, [...(exposed.get(name) ?? []), filling])
  }
  return exposed
}

/** The param or workspace of the Pipeline that the place takes over as it is. */
function exposureOf(definition: RunDefinition, filling: Filling): string | undefined {
  const { what, name } = filling.target
  const task = taskOf(definition, filling)
  const set =
    what === 'params'
      ? wholeReference(task?.params.find(param => param.name === name)?.value)
      : task?.workspaces.find(workspace => workspace.name === name)?.workspace
  return definition[what].some(declared => declared.name === set) ? set : undefined
}

function fitsInto(definition: RunDefinition, name: string, { content }: Filling): boolean {
  if (!content || !('value' in content)) return true
  const param = definition.params.find(declared => declared.name === name)
  // A param with a list of its own may refuse what the task takes.
  return param?.type === content.type && param.enum === undefined && param.properties.length === 0
}

function setRunValue(
  { content }: Filling,
  name: string,
  { params, workspaces }: { readonly params: Map<string, Value>; readonly workspaces: Map<string, Binding> },
): void {
  if (!content) return
  if ('value' in content) params.set(name, content.value)
  else workspaces.set(name, content.binding)
}

function countWorkspaces(definition: RunDefinition): ReadonlyMap<string, number> {
  const counts = new Map(countReferences(definition.spec, 'workspaces'))
  for (const { workspace } of definition.tasks.flatMap(task => task.workspaces)) {
    counts.set(workspace, (counts.get(workspace) ?? 0) + 1)
  }
  return counts
}

/**
 * Names that mean something somewhere in the Pipeline. Params of its tasks count too: a task without a param of that
 * name would see the Pipeline's, and Tekton checks embedded tasks against all of them together.
 */
function takenNames(
  { params, workspaces, tasks, spec }: RunDefinition,
  what: 'params' | 'workspaces',
): Set<string> {
  const declared = [...tasks.flatMap(task => [...(task.declares?.[what] ?? []), ...task[what]])]
  const own = what === 'params' ? params : workspaces
  const names = [...own, ...declared].map(({ name }) => name)
  return new Set([...names, ...countReferences(spec, what).keys()].map(name => name.toLowerCase()))
}

/** Tekton tells the params of a run apart without regard to case. */
function freeName(wanted: string, taken: ReadonlySet<string>): string {
  // A dot would make it the key of an object.
  const clean = wanted.replace(/[^A-Za-z0-9_-]/g, '-').replace(/^(?=[^A-Za-z_])/, '_')
  for (let suffix = 0; ; suffix++) {
    const name = suffix === 0 ? clean : `${clean}-${suffix}`
    if (!taken.has(name.toLowerCase())) return name
  }
}

type Change =
  | { readonly list: 'params' | 'workspaces'; readonly entry: JsonObject }
  | {
      readonly list: 'params' | 'workspaces'
      readonly entry: JsonObject
      readonly section: 'tasks' | 'finally'
      readonly index: number
    }

function declare({ target, content }: Filling, name: string): Change {
  if (!content || !('value' in content)) return { list: target.what, entry: { name } }
  const keys =
    typeof content.value === 'string' || Array.isArray(content.value) ? [] : Object.keys(content.value)
  const properties = Object.fromEntries(keys.map(key => [key, { type: 'string' }]))
  return {
    list: target.what,
    entry: { name, type: content.type, ...(content.type === 'object' ? { properties } : {}) },
  }
}

function setOnTask(definition: RunDefinition, filling: Filling, handed: Value): Change {
  const { what, name } = filling.target
  const { section, index } = taskOf(definition, filling) ?? { section: 'tasks', index: 0 }
  const entry: JsonObject =
    what === 'params' ? { name, value: handed as Json } : { name, workspace: handed as Json }
  return { list: what, entry, section, index }
}

function taskOf(definition: RunDefinition, { target }: Filling): PipelineTask | undefined {
  return definition.tasks.find(
    ({ section, name }) => section === target.task?.section && name === target.task?.name,
  )
}

function applyChanges(spec: JsonObject, changes: readonly Change[]): JsonObject {
  const changed: Record<string, Json> = { ...spec }
  for (const change of changes) {
    if (!('section' in change)) {
      changed[change.list] = withEntry(changed[change.list], change.entry)
      continue
    }
    changed[change.section] = listOf(changed[change.section]).map((task, index) =>
      index === change.index
        ? { ...(task as JsonObject), [change.list]: withEntry(fieldOf(task, change.list), change.entry) }
        : (task as Json),
    )
  }
  return changed
}

/** In the place of the entry of that name, whose other fields stay, or at the end. */
function withEntry(list: unknown, entry: JsonObject): Json {
  const entries = listOf(list) as readonly JsonObject[]
  const at = entries.findIndex(item => textOf(fieldOf(item, 'name')) === entry['name'])
  return at < 0
    ? [...entries, entry]
    : entries.map((item, index) => (index === at ? { ...item, ...entry } : item))
}
