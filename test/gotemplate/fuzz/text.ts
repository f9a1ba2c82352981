// Strings that make functions take different paths, by what they are meant to be.
import type { Random } from './random.ts'

// After the flavour each ¦ starts a string, with the escapes of JSON.
const table = String.raw`
any ¦¦a¦abc¦Hello World¦hello¦HELLO¦The quick  brown fox¦foo bar baz foo¦fooBarBaz¦foo_bar-baz qux
any ¦HTTPServer2Go¦http_server¦a,b,c¦a,,b,¦  padded \t¦line1\nline2\n¦one\r\ntwo¦\n¦tab\there
any ¦"quoted"¦it's¦back\\slash¦\u0060tick\u0060¦<a href="x">&amp;</a>¦$1 \u0024{2} %d %% {{.x}}
any ¦<no value>¦null¦true¦Grüße¦ß¦İıŁ¦éèà¦é combining¦世界¦日本語テキスト¦😀¦👨\u200d👩\u200d👧 family
any ¦a\u00a0b\u2003c¦x\u2028y\u2029z¦\ufeffbom¦\ufffd¦\u0001\u007f\u0085¦ǅ ŉ ﬁ¦Σίσυφος¦-¦--x¦#¦*
any ¦: colon¦key: value¦- item¦@at¦%¦0¦yes¦on¦~¦aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
any ¦word word word word word word word word word word word word word word word word word word word word word word word word word
any ¦longer text with some words that goes well beyond the eighty columns at which lines are folded, really
any ¦zzz¦Z
numeric ¦0¦1¦7¦-3¦+4¦42¦010¦08¦0x1F¦0b11¦0o17¦1_000¦1.5¦1.0¦-0.5¦.5¦1e3¦1E-2¦9223372036854775807
numeric ¦9223372036854775808¦-9223372036854775808¦1e400¦Inf¦NaN¦¦ 5¦5 ¦abc¦12abc¦0.1¦777¦00¦-08¦1e
word ¦a¦b¦name¦foo¦Foo¦bar baz¦HTTPServer¦http_server¦user-id¦é¦ID¦x1y2¦aB¦A1
key ¦a¦b¦c¦s¦n¦name¦items¦nosuch¦k10¦k9¦Z¦é¦¦two words¦_0¦😀¦true¦1
separator ¦,¦ ¦¦-¦, ¦\n¦/¦:¦oo¦é¦\n  ¦. 
cutset ¦ ¦a¦fo¦/¦¦"¦é¦ \t\n¦Hh¦xyz
regex ¦a¦o+¦[a-z]+¦[^a-z]¦\\d+¦(\\w+)\\s(\\w+)¦^¦$¦¦.*¦.*?¦(a|b)*¦(?i)hello
regex ¦(?P<first>\\w)(?P<rest>\\w*)¦(?s).+¦(?m)^l¦\\bfoo\\b¦\\p{L}+¦\\pN¦[[:alpha:]]+¦x{2,3}¦x{,3}
regex ¦(?U)a+¦\\Qa.b\\E¦[é世]¦\\x{1F600}¦(¦[z-a]¦a**¦(?=x)¦\\1¦x{1001}¦\\C¦\\¦[¦*a
regex ¦\\8¦(?P<=a)¦x{2}{3}¦\\z|\\A¦(|a)+¦(a*)*¦[\\d\\s]¦\\PN¦[^\\x00-\\x7F]¦\\s*,\\s*
replacement ¦¦X¦$1¦\u0024{1}W¦$1W¦$$¦$first-$rest¦\u0024{nosuch}¦$¦\u0024{¦$0$0¦[$2]¦é¦\\1¦$é
replacement ¦\u0024{1
layout ¦2006-01-02¦2006-01-02T15:04:05Z07:00¦Mon, 02 Jan 2006 15:04:05 MST¦Jan _2 06 3:04PM
layout ¦15:04:05.000¦15:04:05.999999¦02/01/2006 -0700¦January Monday __2 002¦¦no layout
layout ¦2006-01-02 15:04:05 -07:00¦3:4:5 pm PM Z0700 Z07¦06 1 2 03 05¦20060102150405
layout ¦Monday, 2 January¦.000000000¦,999
zone ¦UTC¦America/New_York¦Europe/Berlin¦Asia/Tokyo¦Local¦¦No/Such¦Asia/Kolkata
date ¦2024-02-29¦1999-12-31¦2024-02-30¦0001-01-01¦2024-07-01T12:34:56Z¦2024-07-01T12:34:56+02:00
date ¦2024-07-01 12:34:56 +05:30¦¦garbage¦20240701123456¦2024-13-01¦Mon, 01 Jul 2024 12:34:56 UTC
date ¦9999-12-31¦1969-07-20
duration ¦1s¦95¦1h30m¦-2h45m¦72h¦1.5h¦300ms¦2540400h10m10s¦0¦¦bad¦1us¦24h¦25h¦1d¦720h¦+5m¦-1.5s¦9000h
duration ¦1µs¦100ns
semver ¦1.2.3¦v1.2.3¦1.2¦1¦1.2.3-beta.1+build.5¦0.0.0¦10.20.30¦1.2.3-rc1¦2.0.0-alpha¦¦x¦1.2.3.4
semver ¦01.2.3¦1.2.3-01¦v1¦1.2.beta¦99999999999999999999.0.0¦1.2.3+meta¦3.5.0
constraint ¦1.2.3¦>=1.0.0¦>=1.0.0-0¦~1.2¦^1.2.3¦1.x¦*¦<2, >1¦1.2 - 2.3.4¦^0.0.3¦^0.2¦~1¦!=1.2.3
constraint ¦>= 1.2 || < 0.5¦¦bad¦=>1.0¦>1.2.3-alpha¦1.2.X || 3.x¦~>2.1¦>=1.0.0 <2.0.0¦v1.2.3¦<=1.2¦>1
constraint ¦~0
url ¦http://admin:secret@server.com:8080/api?list=false#anchor¦https://example.com
url ¦https://example.com/¦/just/path¦relative/path?q¦mailto:a@b.c¦¦http://[::1]:80/x
url ¦http://host/%7Euser/a%2Fb¦http://exa mple.com¦://x¦http://h:port/¦//host/path
url ¦https://git.example.com/org/repo.git¦a:b:c¦http://user@host¦?only=query¦#frag¦http://host/%zz
url ¦HTTP://Host/Path é¦http://a/?q=1&q=2#x y¦ftp://u:p%40w@h/;type=a¦*
json ¦{"a":1,"b":[1,2.5,1e3,null,true],"c":{"d":"e"}}¦{"a":"<&>","é":"😀"}¦[1,2]¦"s"¦5¦null¦{"a":}¦
json ¦{"n":12345678901234567890,"m":1234567}¦{¦{"a":1,"a":2}¦ {"x" : "\\u00e9\\ud83d\\ude00"} 
json ¦{"a":01}¦{'a':1}¦tru¦[1,]¦{"a":1} x¦{"deep":{"er":{"est":[{}]}}}¦"\\x"¦1e400
yaml ¦a: 1\nb:\n- x\n- y: z\nc: true\nd: null\n¦a: |\n  l1\n  l2\nb: >\n  f1\n  f2\n¦- a\n- b\n
yaml ¦a: yes\nb: on\nc: "yes"\nd: 010\ne: 0x1F\nf: 1_000\n¦x: {a: 1, b: [1, 2]}¦a: &x {k: v}\nd: *x\n
yaml ¦a: 'x¦\ta: 1¦a: 1\na: 2\n¦¦just text¦a: 2024-01-01\nb: 12:30:45\nc: ~\nd:\n¦a: b: c
yaml ¦? complex\n: v\n¦1: one\ntrue: t\n¦é: 世界\n"q": 's'\n¦a: 1.5e3\nb: .inf\nc: -.5\n
yaml ¦# comment\na: b # more\n¦---\na: 1\n---\nb: 2\n¦a: !!str 5\nb: !!int "7"\n¦*nope
yaml ¦a: "esc\\n\\u00e9\\x41"¦<<: {a: 1}\nb: 2¦[1, 2¦a: 1234567890
base64 ¦aGVsbG8=¦aGVsbG8¦¦!!¦/+8=¦_-8=¦w6k=¦/w==¦aGVs\nbG8=¦YQ==¦YR==¦=¦wyg=
base32 ¦NBSWY3DP¦ME======¦¦nbswy3dp¦NBSWY3D¦1¦74======¦NBSWY3DPEB3W64TMMQ======
path ¦/a/b/c.txt¦a/../b¦¦/¦./x¦a//b/¦file.tar.gz¦.hidden¦dir/.hidden¦../..¦a.¦/..¦é/ü.x¦a\\b.c
kind ¦string¦int¦int64¦float64¦bool¦map¦slice¦invalid¦ptr¦struct¦nosuch
type ¦string¦int¦int64¦float64¦bool¦map[string]interface {}¦[]interface {}¦*semver.Version¦time.Time
type ¦[]string
tpl ¦{{.}}¦x{{ . | toString }}y¦{{ .a }}{{ .nosuch }}¦plain¦¦{{ upper "x" }}¦{{ $x := 1 }}{{ $x }}
tpl ¦{{ define "in" }}I{{ . }}{{ end }}{{ template "in" 5 }}¦{{ nosuch }}¦{{ .a
tpl ¦{{ range $i, $e := . }}{{ $i }}{{ end }}¦{{ len . }}¦{{ tpl "{{ 1 }}" . }}¦{{ index . "a" }}
tpl ¦a{{- /* c */ -}} b¦{{ printf "%T" . }}
plain ¦text¦ ¦\n¦\n  ¦a: ¦: ¦"¦ { ¦} ¦Grüße ✓¦# ¦  \t¦\r\n¦---\n¦世¦😀¦-¦\n\n¦{¦.¦$x
`

export type Flavour =
  | 'any'
  | 'numeric'
  | 'word'
  | 'key'
  | 'separator'
  | 'cutset'
  | 'regex'
  | 'replacement'
  | 'layout'
  | 'zone'
  | 'date'
  | 'duration'
  | 'semver'
  | 'constraint'
  | 'url'
  | 'json'
  | 'yaml'
  | 'base64'
  | 'base32'
  | 'path'
  | 'kind'
  | 'type'
  | 'tpl'
  | 'plain'

const pools = readTable()
const anything = pools.any

function readTable(): Record<Flavour, readonly string[]> {
  const lines = table.trim().split('\n')
  const flavours = Map.groupBy(lines, line => line.slice(0, line.indexOf(' ')) as Flavour)
  const pools: Partial<Record<Flavour, readonly string[]>> = {}
  for (const [flavour, rows] of flavours) pools[flavour] = rows.flatMap(readRow)
  return pools as Record<Flavour, readonly string[]>
}

function readRow(row: string): string[] {
  const [, ...items] = row.split('¦')
  return items.map(item => JSON.parse(`"${item.replaceAll('"', '\\"')}"`) as string)
}

export function randomText(random: Random, flavour: Flavour): string {
  if (flavour === 'any' && random.chance(0.15)) return mixture(random)
  if (flavour !== 'any' && flavour !== 'plain' && random.chance(0.04)) return random.pick(anything)
  // Half of the versions are bad, which is more than is of use.
  if (flavour === 'semver' && random.chance(0.5)) return random.pick(pools.semver.slice(0, 9))
  return random.pick(pools[flavour])
}

function mixture(random: Random): string {
  let text = ''
  for (let i = random.between(1, 4); i > 0; i--) {
    text += random.chance(0.2) ? randomCharacter(random) : random.pick(anything).slice(0, 40)
  }
  return text.toWellFormed()
}

function randomCharacter(random: Random): string {
  const code = random.weighted([
    [4, random.between(0, 0x7f)],
    [3, random.between(0x80, 0x24f)],
    [2, random.between(0x370, 0xd7ff)],
    [1, random.between(0xe000, 0xffff)],
    [2, random.between(0x10000, 0x1ffff)],
    [1, random.between(0x1f300, 0x1faff)],
  ])
  return String.fromCodePoint(code)
}
