// What one of those that are measured is.
import { randomBytes } from 'node:crypto'
import type { Program } from './programs.ts'

export type Contender = {
  readonly name: string
  /** Undefined for direct. */
  readonly program: Program | undefined
  /** Base URLs. */
  readonly small: string
  readonly download: string
  readonly upload: string
  readonly headers: readonly string[]
}

export type Keep = <T extends { end(): Promise<void> }>(starting: Promise<T>) => Promise<T>

/** As long as the access tokens that tools give out. */
export const secret = { username: 'bench', password: `bench_${randomBytes(18).toString('hex')}` }
