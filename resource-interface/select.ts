// Which interface a choice means: the one of that name, or the newest of a category that the Connector's class supports.
import type { Definition } from './definition.ts'
import type { Problem } from './problem.ts'

/** Exactly one of the two. */
export type InterfaceRef = { readonly name?: string; readonly category?: string }

/** A ConnectorClass, as far as selection looks at it. */
export type ClassObject = {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
}

export type Selection = { readonly definition?: Definition; readonly problems: readonly Problem[] }

type Options = { readonly definitions: readonly Definition[]; readonly classes: readonly ClassObject[] }

/** Interfaces of a later schema are for later resolvers. */
const newestSchemaVersion = 1

/** `classes`: those of the chosen Connectors. A problem's field is `interface.name` or `interface.category`. */
export function selectInterface(ref: InterfaceRef, options: Options): Selection {
  if ((ref.name === undefined) === (ref.category === undefined)) {
    const message = 'must have a name or a category, and not both'
    return { problems: [{ field: 'interface', reason: 'Invalid', message }] }
  }
  return ref.name === undefined
    ? selectByCategory(ref.category ?? '', options)
    : selectByName(ref.name, options)
}

function selectByName(name: string, { definitions, classes }: Options): Selection {
  const field = 'interface.name'
  const definition = definitions.find(one => one.name === name)
  if (!definition) {
    const message = `no ResourceInterface is named ${JSON.stringify(name)}`
    return { problems: [{ field, reason: 'InterfaceNotFound', message }] }
  }
  const refuse = (message: string): Selection => ({
    problems: [{ field, reason: 'InterfaceUnsupported', message }],
  })
  if (definition.schemaVersion > newestSchemaVersion) {
    return refuse(
      `ResourceInterface ${JSON.stringify(name)} has schema version ${definition.schemaVersion}: the newest known is ${newestSchemaVersion}`,
    )
  }
  const lacking = classes.find(one => !supports(one, name))
  if (!lacking) return { definition, problems: [] }
  return refuse(
    `ConnectorClass ${JSON.stringify(lacking.metadata.name)} does not support ${JSON.stringify(name)}`,
  )
}

function selectByCategory(category: string, { definitions, classes }: Options): Selection {
  const field = 'interface.category'
  const ofCategory = definitions.filter(one => one.category === category)
  if (ofCategory.length === 0) {
    const message = `no ResourceInterface has the category ${JSON.stringify(category)}`
    return { problems: [{ field, reason: 'InterfaceNotFound', message }] }
  }
  const [definition] = ofCategory
    .filter(
      one => one.schemaVersion <= newestSchemaVersion && classes.every(each => supports(each, one.name)),
    )
    .sort(byPreference)
  if (definition) return { definition, problems: [] }
  const names = [...new Set(classes.map(one => JSON.stringify(one.metadata.name)))].sort().join(', ')
  const message = `no ResourceInterface of the category ${JSON.stringify(category)} is supported by ConnectorClass ${names}`
  return { problems: [{ field, reason: 'InterfaceUnsupported', message }] }
}

function supports(connectorClass: ClassObject, name: string): boolean {
  return connectorClass.metadata.labels?.[`resourceinterface.connectors.cpaas.io/${name}`] === 'true'
}

/** The highest schema version; among equals the one that asks for least, then the first by name. */
function byPreference(a: Definition, b: Definition): number {
  return (
    b.schemaVersion - a.schemaVersion ||
    a.params.length - b.params.length ||
    (a.name < b.name ? -1 : Number(a.name > b.name))
  )
}
