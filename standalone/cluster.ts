// What every verb works on.
import type { Clock } from '../runtime/clock.ts'
import type { Kinds } from './kinds.ts'
import type { Store } from './store.ts'

export interface Cluster {
  readonly store: Store
  readonly kinds: Kinds
  readonly clock: Pick<Clock, 'now'>
}
