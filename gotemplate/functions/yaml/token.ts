// What the scanner makes of the text.
import type { Mark } from './error.ts'

export type TokenKind =
  | 'stream-end'
  | 'version-directive'
  | 'tag-directive'
  | 'document-start'
  | 'document-end'
  | 'block-sequence-start'
  | 'block-mapping-start'
  | 'block-end'
  | 'flow-sequence-start'
  | 'flow-sequence-end'
  | 'flow-mapping-start'
  | 'flow-mapping-end'
  | 'block-entry'
  | 'flow-entry'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar'

export interface Token {
  readonly kind: TokenKind
  readonly start: Mark
  /** Of a scalar, anchor or alias; the handle of a tag; `major.minor` of a version. */
  readonly value: string
  /** Of a tag: what follows the handle; of a tag directive: its prefix. */
  readonly suffix: string
  readonly isPlain: boolean
}
