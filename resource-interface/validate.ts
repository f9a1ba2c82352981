// Everything that is wrong with a ResourceInterface, at once: for resolve, the command line and the admission webhook.
import { descriptorsAnnotation } from './definition.ts'
import { parseDescriptors } from './descriptor.ts'
import { countFault, textFaults } from './expression.ts'
import { readDefinition } from './parse.ts'
import type { Problem } from './problem.ts'
import { isFields } from './reader.ts'
import type { Evaluator } from './sandbox.ts'
import { textsOf } from './texts.ts'

/** `object` as an API server stores it. */
export function validateInterface(
  object: unknown,
  options: { readonly evaluator: Evaluator },
): readonly Problem[] {
  const { definition, problems } = readDefinition(object)
  const context = { params: definition.params.map(param => param.name), evaluator: options.evaluator }
  const texts = textsOf(definition)
  const tooMany = countFault(
    texts.map(({ text }) => text),
    options.evaluator,
  )
  const expressions = tooMany
    ? [{ field: 'spec', ...tooMany }]
    : texts.flatMap(({ field, text }) => textFaults(text, context).map(fault => ({ field, ...fault })))
  const descriptors = parseDescriptors(annotationOf(object, descriptorsAnnotation), context).problems
  return [...problems, ...expressions, ...descriptors]
}

function annotationOf(object: unknown, name: string): unknown {
  const metadata = isFields(object) ? object['metadata'] : undefined
  const annotations = isFields(metadata) ? metadata['annotations'] : undefined
  return isFields(annotations) ? annotations[name] : undefined
}
