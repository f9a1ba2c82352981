// What a failing scenario prints may be read by anybody: tokens and passwords are taken out of it.
import { formsOf } from './secret-forms.ts'

const tokens = /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+/g
/** Words after "Basic" are prose: a credential has a digit. */
const authorization = /\b(Basic|Bearer) +(?=\S*\d)[\w+/=.~-]{12,}/gi
/** A token behind a colon or a user name, in base64: the headers and user infos that volumes hold. */
const encodedTokens = /\b(?:[\w+/]{0,40})(?:ZXlKa|OmV5S|pleUp)[\w+/=-]{40,}/g

export class Redaction {
  readonly #secrets = new Set<string>()

  conceal(secret: string): void {
    for (const form of formsOf(secret)) this.#secrets.add(form)
  }

  /** What a failure prints: its message, its details and what it was caused by. */
  applyTo(error: unknown): unknown {
    if (typeof error === 'string') return this.apply(error)
    if (!(error instanceof Error)) return error
    error.message = this.apply(error.message)
    if ('details' in error && typeof error.details === 'string') error.details = this.apply(error.details)
    if (error.cause !== undefined) error.cause = this.applyTo(error.cause)
    return error
  }

  apply(text: string): string {
    const known = [...this.#secrets].reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
    return known
      .replace(authorization, '$1 [redacted]')
      .replace(tokens, '[token]')
      .replace(encodedTokens, '[token]')
  }
}
