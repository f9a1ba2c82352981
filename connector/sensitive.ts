// A secret as a type: every way to print it gives `[redacted]`, and `reveal()` is the audit list.
import { inspect } from 'node:util'

export class Sensitive {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[redacted]'
  }

  toJSON(): string {
    return '[redacted]'
  }

  [inspect.custom](): string {
    return '[redacted]'
  }
}
