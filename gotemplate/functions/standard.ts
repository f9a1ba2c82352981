// The functions that a template always has.
import type { FunctionMap } from '../function.ts'
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
import { yaml } from './yaml/functions.ts'

/**
 * sprig and Helm's additions, without those that make keys and passwords (`cryptoFunctions`). What needs the time or randomness fails
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
