// The built-in kinds, one row each: what they are called, what they hold, how they print.
import type { Kind } from './kinds.ts'
import { coreKinds } from './resources/core.ts'
import { otherKinds, reviewKinds } from './resources/others.ts'
import { rbacKinds } from './resources/rbac.ts'
import { builtin } from './resources/words.ts'

export const builtinKinds: readonly Kind[] = [...coreKinds, ...rbacKinds, ...otherKinds, ...reviewKinds].map(
  builtin,
)
