// Where an attribute or a workspace of an integration goes: `params.git-url`, `tasks.clone.params.revision`,
// `finally.report.params.url`, `workspaces.basic-auth`, `tasks.clone.workspaces.basic-auth`.

export type Target = {
  readonly what: 'params' | 'workspaces'
  readonly name: string
  /** Absent: a param or workspace of the Task or Pipeline itself. */
  readonly task?: { readonly section: 'tasks' | 'finally'; readonly name: string }
  /** One spelling for all, for fields and for comparing. */
  readonly path: string
}

// Tekton writes a name with dots in brackets; behind a dot it can have dots too, since nothing follows it here.
const shape =
  /^(?:(?<section>tasks|finally)\.(?<task>[^.[\]\s]+)\.)?(?<what>params|workspaces)(?:\.(?<dotted>[^[\]"'\s]+)|\[(?<quote>["'])(?<quoted>[^"'\s]+)\k<quote>\])$/

/** Undefined when it is no such path. */
export function parseRefPath(text: string): Target | undefined {
  const { section, task, what, dotted, quoted } = shape.exec(text)?.groups ?? {}
  const name = dotted ?? quoted
  if (name === undefined) return undefined
  const own = ownTarget(what === 'params' ? 'params' : 'workspaces', name)
  if (task === undefined) return own
  const place = { section: section === 'tasks' ? 'tasks' : 'finally', name: task } as const
  return { ...own, task: place, path: `${place.section}.${task}.${own.path}` }
}

/** Of a param or workspace that is given by its name alone. */
export function ownTarget(what: Target['what'], name: string): Target {
  return { what, name, path: `${what}.${name}` }
}
