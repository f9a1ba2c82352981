// The sets of functions that a template can be given.
import type { FunctionMap, TemplateFunction } from '../function.ts'
import { dates } from './dates.ts'
import { defaults } from './defaults.ts'
import { dicts } from './dicts.ts'
import { encodings } from './encoding.ts'
import { hash } from './hash.ts'
import { json } from './json.ts'
import { lists } from './lists.ts'
import { math } from './math.ts'
import { paths } from './paths.ts'
import { random } from './random.ts'
import { reflection } from './reflection.ts'
import { regex } from './regex.ts'
import { semver } from './semver.ts'
import { strings } from './strings.ts'
import { url } from './url.ts'
import { words } from './words.ts'
import { yaml } from './yaml.ts'

/** One map of several; a later set's function replaces an earlier one's of the same name. */
export function composeFunctions(...sets: Iterable<readonly [string, TemplateFunction]>[]): FunctionMap {
  return new Map(sets.flatMap(set => [...set]))
}

/**
 * sprig and Helm's additions, without keys and passwords (`cryptoFunctions`). What needs the time or randomness fails
 * unless the execution is given a clock or a source of random bytes.
 */
export const standardFunctions: FunctionMap = new Map(
  Object.entries({
    ...strings,
    ...words,
    ...lists,
    ...dicts,
    ...math,
    ...defaults,
    ...reflection,
    ...regex,
    ...semver,
    ...url,
    ...paths,
    ...encodings,
    ...hash,
    ...json,
    ...yaml,
    ...dates,
    ...random,
  }),
)
