// YAML files of several documents, read without a word of what they hold.
import { readFile } from 'node:fs/promises'
import { parseAllDocuments } from 'yaml'

export type Document = {
  readonly object: unknown
  /** `file.yaml, document 2`, for messages. */
  readonly origin: string
}

/** Makes the error of a file that cannot be used, and why. */
export type Refuse = (origin: string, why: string, cause?: unknown) => Error

/** Without the empty ones. */
export function parseDocuments(text: string, file: string, refuse: Refuse): readonly Document[] {
  const documents = parseAllDocuments(text)
  if (!Array.isArray(documents)) return []
  return documents.flatMap((document, index) => {
    const origin = documents.length > 1 ? `${file}, document ${index + 1}` : file
    const [problem] = document.errors
    if (problem !== undefined) {
      // The parser's message quotes the lines, and a manifest may hold a Secret.
      const at = problem.linePos?.[0]
      const where = at === undefined ? '' : ` at line ${at.line}, column ${at.col}`
      throw refuse(origin, `it is not YAML${where} (${problem.code})`)
    }
    const object: unknown = document.toJS()
    return object === null || object === undefined ? [] : [{ object, origin }]
  })
}

export async function readText(path: string, refuse: Refuse): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw refuse(path, whyUnreadable(error), error)
  }
}

export function whyUnreadable(error: unknown): string {
  return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'it does not exist' : 'it is not readable'
}
