// What Kubernetes 1.34 answers: one table of calls that is run against the embedded control plane, and
// against a real API server when there is one.
import { changeSections } from './contract/changes.ts'
import { identitySections } from './contract/identity.ts'
import { kindSections } from './contract/kinds.ts'
import { objectSections } from './contract/objects.ts'
import { readSections } from './contract/reads.ts'
import { ruleSections } from './contract/rules.ts'
import type { Section } from './contract/words.ts'

export const contract: readonly Section[] = [
  ...objectSections,
  ...changeSections,
  ...readSections,
  ...kindSections,
  ...ruleSections,
  ...identitySections,
]
