// Templates of classes, on the engine: which functions they see, and how their failures read. Spec: templates.md.
import { TemplateCache } from '../gotemplate/cache.ts'
import { TemplateError } from '../gotemplate/error.ts'
import { standardFunctions } from '../gotemplate/functions/standard.ts'
import { ConnectorsError } from './errors.ts'

// Without the functions that make keys and passwords: a template has no business making them on a node.
const templates = new TemplateCache({ functions: standardFunctions })

const sources = {
  clock: () => new Date(),
  random: (size: number) => crypto.getRandomValues(new Uint8Array(size)),
}

export type RenderOptions = {
  /** As it stands in messages: `gitconfig/.gitconfig`. */
  readonly name: string
  /** The dot. */
  readonly data: unknown
}

/** The output, byte for byte. Throws PRECONDITION with the template's line and a caret, never with data. */
export function renderTemplate(template: string, { name, data }: RenderOptions): Uint8Array {
  try {
    return templates.parse(template, name).executeBytes(data, sources)
  } catch (error) {
    throw templateFailure(error)
  }
}

/** Throws what `renderTemplate` would throw for a template that does not parse. */
export function checkTemplate(template: string, name: string): void {
  try {
    templates.parse(template, name)
  } catch (error) {
    throw templateFailure(error)
  }
}

function templateFailure(error: unknown): unknown {
  if (!(error instanceof TemplateError)) return error
  const picture = error.excerpt === undefined ? '' : `\n${error.excerpt}`
  return new ConnectorsError('PRECONDITION', 'TemplateInvalid', `${error.message}${picture}`, {
    cause: error,
  })
}
