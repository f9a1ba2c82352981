/** Why a text is no YAML, or no JSON: Go's words. */
export class YamlError extends Error {}

/** A place in the text; all from 0, in characters. */
export interface Mark {
  readonly index: number
  readonly line: number
  readonly column: number
}

/** libyaml counts lines from 0 and go-yaml mends that for the scanner only; the first line goes unnamed. */
export function syntaxError(problem: string, line: number): YamlError {
  return new YamlError(`yaml: ${line === 0 ? '' : `line ${line}: `}${problem}`)
}
