// Which arguments make sense to which function. Not the functions' real types: hints for the generator.
import type { Flavour } from './text.ts'

/** Kinds of values that expressions are generated for. */
export type Kind =
  | 'string'
  | 'int'
  | 'int64'
  | 'float'
  | 'bool'
  | 'list'
  | 'dict'
  | 'nil'
  | 'time'
  | 'version'

/**
 * `scalar` is anything; `leaf` is anything that holds nothing; `same` and `ordered` are one kind for all parameters of a
 * call; `fresh` is a dict that nobody else holds; `small` and `count` are literal ints.
 */
export type Hint =
  | Kind
  | Exclude<Flavour, 'any' | 'plain'>
  | 'text'
  | 'small'
  | 'count'
  | 'number'
  | 'nonzero'
  | 'date'
  | 'scalar'
  | 'leaf'
  | 'same'
  | 'ordered'
  | 'fresh'
  | 'urlDict'

export interface Signature {
  readonly name: string
  readonly parameters: readonly Hint[]
  /** What is repeated, and how often at least. */
  readonly rest: readonly Hint[]
  readonly result: Kind | 'any'
}

// name: parameters > result; a group in () repeats. Absent on purpose: functions of clock, randomness or keys, and
// those whose result has Go's random map order (keys, values: see expression.ts).
const table = `
abbrev: count text > string
abbrevboth: count count text > string
add: number (number) > int64
add1: number > int64
add1f: number > float
addf: number (number) > float
adler32sum: text > string
all: (scalar) > bool
and: scalar (scalar) > any
any: (scalar) > bool
append: list scalar > list
atoi: numeric > int
b32dec: base32 > string
b32enc: text > string
b64dec: base64 > string
b64enc: text > string
base: path > string
biggest: number (number) > int64
call: scalar (scalar) > any
camelcase: word > string
cat: (scalar) > string
ceil: number > float
chunk: small list > list
clean: path > string
coalesce: (scalar) > any
compact: list > list
concat: list (list) > list
contains: separator text > bool
date: layout date > string
dateInZone: layout date zone > string
dateModify: duration time > time
date_in_zone: layout date zone > string
date_modify: duration time > time
deepCopy: scalar > any
deepEqual: same same > bool
default: scalar scalar > any
dict: (key scalar) > dict
dig: key scalar dict > any
dir: path > string
div: number nonzero > int64
divf: number nonzero > float
duration: int64 > string
durationRound: duration > string
empty: scalar > bool
eq: same same (same) > bool
ext: path > string
fail: word > string
first: list > any
float64: number > float
floor: number > float
fromJson: json > dict
fromYaml: yaml > dict
ge: ordered ordered > bool
get: dict key > any
gt: ordered ordered > bool
has: scalar list > bool
hasKey: dict key > bool
hasPrefix: separator text > bool
hasSuffix: separator text > bool
hello: > string
html: scalar (scalar) > string
htmlDate: date > string
htmlDateInZone: date zone > string
indent: small text > string
index: list small > any
initial: list > list
initials: text > string
int: number > int
int64: number > int64
isAbs: path > bool
join: separator list > string
js: scalar (scalar) > string
kebabcase: word > string
kindIs: kind scalar > bool
kindOf: scalar > string
last: list > any
le: ordered ordered > bool
len: scalar > int
list: (scalar) > list
lower: text > string
lt: ordered ordered > bool
max: number (number) > int64
maxf: number (number) > float
merge: fresh (dict) > dict
mergeOverwrite: fresh (dict) > dict
min: number (number) > int64
minf: number (number) > float
mod: number nonzero > int64
mul: number (number) > int64
mulf: number (number) > float
mustAppend: list scalar > list
mustChunk: small list > list
mustCompact: list > list
mustDateModify: duration time > time
mustDeepCopy: scalar > any
mustFirst: list > any
mustFromJson: json > any
mustHas: scalar list > bool
mustInitial: list > list
mustLast: list > any
mustMerge: fresh (dict) > dict
mustMergeOverwrite: fresh (dict) > dict
mustPrepend: list scalar > list
mustPush: list scalar > list
mustRegexFind: regex text > string
mustRegexFindAll: regex text count > list
mustRegexMatch: regex text > bool
mustRegexReplaceAll: regex text replacement > string
mustRegexReplaceAllLiteral: regex text replacement > string
mustRegexSplit: regex text count > list
mustRest: list > list
mustReverse: list > list
mustSlice: list small > list
mustToDate: layout date > time
mustToJson: scalar > string
mustToPrettyJson: scalar > string
mustToRawJson: scalar > string
mustUniq: list > list
mustWithout: list (scalar) > list
must_date_modify: duration time > time
ne: same same > bool
nindent: small text > string
nospace: text > string
not: scalar > bool
omit: dict (key) > dict
or: scalar (scalar) > any
osBase: path > string
osClean: path > string
osDir: path > string
osExt: path > string
osIsAbs: path > bool
pick: dict (key) > dict
pluck: key dict (dict) > list
plural: word word small > string
prepend: list scalar > list
print: (scalar) > string
println: (scalar) > string
push: list scalar > list
quote: (scalar) > string
regexFind: regex text > string
regexFindAll: regex text count > list
regexMatch: regex text > bool
regexQuoteMeta: text > string
regexReplaceAll: regex text replacement > string
regexReplaceAllLiteral: regex text replacement > string
regexSplit: regex text count > list
repeat: small text > string
replace: separator replacement text > string
required: word scalar > any
rest: list > list
reverse: list > list
round: number count (float) > float
semver: semver > version
semverCompare: constraint semver > bool
seq: count (count) > string
set: dict key leaf > dict
sha1sum: text > string
sha256sum: text > string
sha512sum: text > string
slice: list small (small) > list
snakecase: word > string
sortAlpha: list > list
split: separator text > dict
splitList: separator text > list
splitn: separator count text > dict
squote: (scalar) > string
sub: number number > int64
subf: number (number) > float
substr: count count text > string
swapcase: text > string
ternary: scalar scalar bool > any
title: text > string
toDate: layout date > time
toDecimal: number > int64
toJson: scalar > string
toPrettyJson: scalar > string
toRawJson: scalar > string
toString: scalar > string
toStrings: list > list
toYaml: scalar > string
tpl: tpl dict > string
trim: text > string
trimAll: cutset text > string
trimPrefix: separator text > string
trimSuffix: separator text > string
trimall: cutset text > string
trunc: count text > string
tuple: (scalar) > list
typeIs: type scalar > bool
typeIsLike: type scalar > bool
typeOf: scalar > string
uniq: list > list
unixEpoch: time > string
unset: dict key > dict
until: small > list
untilStep: count count small > list
untitle: text > string
upper: text > string
urlJoin: urlDict > string
urlParse: url > dict
urlquery: scalar (scalar) > string
without: list (scalar) > list
wrap: count text > string
wrapWith: count text separator > string
`

function parseSignature(line: string): Signature {
  const [head, result] = line.split('>') as [string, string]
  const [name, parameters = ''] = head.split(':') as [string, string?]
  const [fixed = '', rest = ''] = parameters.replace(')', '').split('(')
  const words = (text: string) => text.trim().split(/\s+/).filter(Boolean) as Hint[]
  return { name, parameters: words(fixed), rest: words(rest), result: result.trim() as Kind | 'any' }
}

export const signatures: readonly Signature[] = table.trim().split('\n').map(parseSignature)

/** Made by special forms of the generator. */
export const specialFunctions = ['printf', 'include', 'keys', 'values'] as const

export const functionNames: readonly string[] = [...signatures.map(one => one.name), ...specialFunctions]
