// Everything that is wrong with a ResourceInterface, at once: for resolve, the command line and the admission webhook.
import type { Problem } from './problem.ts'
import type { Evaluator } from './sandbox.ts'

/** `object` as an API server stores it. */
export declare function validateInterface(
  object: unknown,
  options: { readonly evaluator: Evaluator },
): readonly Problem[]
