// The house rules, applied to the tree; and each rule proven by a file that breaks it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { checkCircles } from './architecture/circles.ts'
import { checkHabits, checkLength, checkName, checkPlaces, longFiles } from './architecture/habits.ts'
import { checkImports } from './architecture/imports.ts'
import {
  checkDeclared,
  checkExact,
  checkExplained,
  checkUsed,
  type Manifest,
} from './architecture/packages.ts'
import { checkReveals } from './architecture/secrets.ts'
import { codeOf, importsOf, type SourceFile } from './architecture/source.ts'
import { checkLockFile, checkTraces } from './architecture/traces.ts'
import { readTree } from './architecture/tree.ts'

const files = readTree()
const code = files.filter(({ path }) => path.endsWith('.ts'))
const manifest = JSON.parse(textOf('package.json')) as Manifest

const tree = suite('architecture')

tree('imports go inward, and packages stay behind their fences', () => none(code.flatMap(checkImports)))

tree('no files need one another when they run, but for those with a reason', () => none(checkCircles(code)))

tree('file names say what is inside', () => none(code.flatMap(checkName)))

tree('tests mirror the tree', () => none(checkPlaces(files)))

tree('files are of a size to hold in the head', () => {
  none(code.flatMap(file => checkLength(file)))
  none(Object.keys(longFiles).filter(path => !code.some(file => file.path === path)))
})

tree('modules keep no state and do nothing when imported', () => none(code.flatMap(checkHabits)))

tree('secrets are opened in the listed places only', () => none(checkReveals(code)))

tree('packages are declared and pinned', () => {
  none(checkDeclared(manifest, code))
  none(checkExact(manifest))
})

tree('every dependency is used and explained', () => {
  none(checkUsed(manifest, code))
  none(checkExplained(manifest, textOf('ARCHITECTURE.md')))
})

tree('nothing names the machine or the mirror it was written with', () => {
  none(files.flatMap(checkTraces))
  none(checkLockFile(file('package-lock.json', textOf('package-lock.json'))))
})

tree.run()

const scanner = suite('architecture: the scanner')

const imports: readonly (readonly [text: string, specifiers: string])[] = [
  [`import a from 'a'`, 'a'],
  [`import { b,\n  type c } from "./b.ts"`, './b.ts'],
  [`import type { D } from 'd'`, 'd (type)'],
  [`import type, { x } from 'e'`, 'e'],
  [`import * as f from 'node:f'; import 'g'`, 'node:f g'],
  [
    `export { h } from './h.ts'\nexport * from './i.ts'; export type { J } from './j.ts'`,
    './h.ts ./i.ts ./j.ts (type)',
  ],
  [`const k = await import('k'); require("l")`, 'k l'],
  [`// import 'm'\n/* import 'n' */ const o = "import 'p'"`, ''],
  [`const q = \`import 'r' \${await import('s')} import 't'\`; import 'u'`, 's u'],
  [`const v = /'/; import 'w'; const x = 1 / 2; import 'y' // '`, 'w y'],
  [`const z = /[/'"]/.test(a) ? b / c : d; import 'aa'`, 'aa'],
  [`object.import('bb'); const from = 'cc'`, ''],
  [`export const dd = 1\nconst ee = list.from('ff')`, ''],
]

for (const [text, expected] of imports) {
  scanner(`finds the imports of ${JSON.stringify(text)}`, () => {
    const found = importsOf(text).map(({ specifier, typeOnly }) => specifier + (typeOnly ? ' (type)' : ''))
    assert.is(found.join(' '), expected)
  })
}

scanner('keeps every position while it blanks what is not code', () => {
  const text = `a('b\\'c') // d\n/* e\n */ f\`g\${h({ i: \`j\` })}k\` + /l\\/m/g`
  assert.is(codeOf(text), `a('    ')     \n    \n    f\` \${h({ i: \` \` })} \` + /    /g`)
  for (const { path, text } of code) assert.is(codeOf(text).length, text.length, path)
})

scanner.run()

const rules = suite('architecture: a rule complains about')

type Case = readonly [path: string, text: string, complaint: RegExp]

const brokenImports: readonly Case[] = [
  ['connector/a.ts', `import '../kube/b.ts'`, /connector may not import kube/],
  ['connector/a.ts', `import '../resource-interface/b.ts'`, /may not import/],
  ['gotemplate/a.ts', `import '../connector/b.ts'`, /may not import/],
  ['resource-interface/a.ts', `import '../gotemplate/b.ts'`, /may not import/],
  ['runtime/a.ts', `import '../kube/b.ts'`, /runtime may not import kube/],
  ['kube/a.ts', `import '../pki/b.ts'`, /kube may not import pki/],
  ['pki/a.ts', `import '../tool/b.ts'`, /pki may not import tool/],
  ['tool/a.ts', `import type { B } from '../proxy/b.ts'`, /may not import/],
  ['proxy/a/b.ts', `import '../../csi/b.ts'`, /proxy may not import csi/],
  ['api/a.ts', `export * from '../cli/b.ts'`, /may not import/],
  ['cli/a.ts', `await import('../test/helpers/poll.ts')`, /nothing imports test/],
  ['bench/a.ts', `import '../test/helpers/poll.ts'`, /nothing imports test/],
  ['classes/a.ts', '', /holds no TypeScript/],
  ['tasks/git/a.ts', '', /holds no TypeScript/],
  ['charts/connectors/a.ts', '', /holds no TypeScript/],
  ['extra/a.ts', '', /no place in the rings/],
  ['a.ts', '', /no place in the rings/],
  ['csi/a.ts', `import '../../else/b.ts'`, /outside the tree/],
  ['csi/a.ts', `import './b'`, /with the ending/],
  ['kube/a.ts', `import { CoreV1Api } from '@kubernetes/client-node'`, /only its types/],
  ['controller/a.ts', `import type { V1Pod } from '@kubernetes/client-node'`, /belongs to kube/],
  ['cli/a.ts', `import '@grpc/grpc-js'`, /belongs to csi/],
  ['proxy/a.ts', `import { parse } from 'yaml'`, /belongs to/],
  ['kube/client.ts', `import { parse } from 'yaml'`, /belongs to/],
  ['connector/a.ts', `import 're2js'`, /belongs to gotemplate/],
  ['api/a.ts', `import 'jose'`, /belongs to standalone/],
  ['proxy/a.ts', `import 'left-pad'`, /no fence/],
  ['connector/a.ts', `import { readFileSync } from 'node:fs'`, /is pure/],
  ['gotemplate/a.ts', `import 'node:crypto'`, /is pure/],
  ['resource-interface/a.ts', `import type { URL } from 'node:url'`, /is pure/],
]

const brokenHabits: readonly Case[] = [
  ['proxy/a.ts', 'export let a = 1', /can change/],
  ['proxy/a.ts', 'let a = 1', /state in the module/],
  ['proxy/a.ts', 'export default 1', /default export/],
  ['proxy/a.ts', 'const a = 1\nstart(a)', /a\.ts:2: does something/],
  ['proxy/a.ts', 'server.listen(0)', /does something/],
  ['proxy/a.ts', `await load()`, /does something/],
  ['proxy/a.ts', 'const a = await load()', /waits or starts/],
  ['proxy/a.ts', 'export const a = setInterval(b, 1)', /waits or starts/],
  ['proxy/a.ts', `  const a = process.env['B']`, /environment/],
  ['csi/main.ts', 'main(process.argv)', /environment/],
  ['proxy/a.ts', '  console.log(1)', /prints/],
  ['cli/a.ts', '  process.stderr.write(a)', /writes to the terminal/],
  ['cli/a.ts', '  console.log(a)', /prints/],
  ['proxy/a.ts', '  process.exit(1)', /ends the process/],
  ['connector/a.ts', '  setTimeout(a, 1)', /pure ring/],
  ['connector/a.ts', '  await fetch(a)', /pure ring/],
  ['gotemplate/a.ts', '  process.cwd()', /pure ring/],
  ['test/proxy/a.test.ts', 't.before(() => {})', /hook/],
  ['test/proxy/a.test.ts', 't.after.each(() => {})', /hook/],
]

const brokenNames: readonly Case[] = [
  ['proxy/utils.ts', '', /does not say/],
  ['proxy/index.ts', '', /does not say/],
  ['proxy/helpers/a.ts', '', /does not say/],
  ['proxy/string-utils.ts', '', /does not say/],
  ['proxy/connection-manager.ts', '', /does not say/],
  ['proxy/fooBar.ts', '', /kebab-case/],
  ['test/proxy/types.test.ts', '', /does not say/],
]

const brokenTraces: readonly Case[] = [
  ['proxy/a.ts', `const a = '/${'work'}/x'`, /path of one machine/],
  ['bin/a', `cd /${'root'}/project`, /path of one machine/],
  [
    'Containerfile',
    `RUN npm ci --registry https://${['registry', 'npmjs', 'org'].join('.')}`,
    /package registry/,
  ],
]

const tables = [
  { check: checkImports, cases: brokenImports },
  { check: checkHabits, cases: brokenHabits },
  { check: checkName, cases: brokenNames },
  { check: checkTraces, cases: brokenTraces },
]

for (const { check, cases } of tables) {
  for (const [path, text, complaint] of cases) {
    rules(`${path}: ${text || 'its place'}`, () => {
      const found = check(file(path, text))
      assert.is(found.length, 1, found.join('\n'))
      assert.match(found[0] ?? '', complaint)
    })
  }
}

rules('a long file, and a reason for a file that is not long', () => {
  const long = file('proxy/a.ts', 'x\n'.repeat(301))
  assert.match(checkLength(long)[0] ?? '', /301 lines/)
  none(checkLength(long, { 'proxy/a.ts': 'a table' }))
  assert.match(checkLength(file('proxy/a.ts', 'x'), { 'proxy/a.ts': 'a table' })[0] ?? '', /no longer long/)
})

rules('a test of a folder that does not exist', () => {
  const places = [
    'proxy/a.ts',
    'test/proxy/a.test.ts',
    'test/helpers/b.ts',
    'test/c.test.ts',
    'test/gone/d.test.ts',
  ]
  const found = checkPlaces(places.map(path => file(path, '')))
  assert.equal(found, ['test/gone/d.test.ts: no folder "gone" is there to test'])
})

rules('a secret opened in a new place, and one opened no more', () => {
  const opening = file('proxy/a.ts', 'send(token.reveal())')
  assert.match(checkReveals([opening], {})[0] ?? '', /proxy\/a\.ts: opens a secret/)
  assert.match(checkReveals([], { 'proxy/a.ts': 'why' })[0] ?? '', /no secret any more/)
  none(checkReveals([opening], { 'proxy/a.ts': 'why' }))
  none(checkReveals([file('proxy/b.ts', '// grep reveal() or x.reveal()')], {}))
})

rules('packages that are undeclared, for development, unused, unexplained or not pinned', () => {
  const declared: Manifest = { dependencies: { yaml: '^2.0.0' }, devDependencies: { uvu: '0.5.6' } }
  assert.match(checkDeclared(declared, [file('cli/a.ts', `import 'jose'`)])[0] ?? '', /does not name/)
  assert.match(
    checkDeclared(declared, [file('cli/a.ts', `import 'uvu/assert'`)])[0] ?? '',
    /not there in production/,
  )
  none(checkDeclared(declared, [file('cli/a.ts', `import type { A } from 'uvu'; import 'yaml'`)]))
  assert.match(checkUsed(declared, [file('test/a.ts', `import 'yaml'`)])[0] ?? '', /nothing imports/)
  none(checkUsed(declared, [file('cli/a.ts', `import 'yaml'`)]))
  assert.match(checkExplained(declared, 'yaml is fine')[0] ?? '', /names the dependency/)
  none(checkExplained(declared, '- `yaml`: a parser'))
  assert.match(checkExact(declared)[0] ?? '', /not pinned/)
})

rules('addresses in the lock file', () => {
  assert.is(checkLockFile(file('package-lock.json', `"resolved": "https://mirror/x.tgz"`)).length, 1)
})

rules('nothing in code that keeps to the house', () => {
  const good: readonly SourceFile[] = [
    file(
      'connector/cel/a.ts',
      `import { b } from '../../gotemplate/b.ts'\nimport c from '@marcbachmann/cel-js'`,
    ),
    file('connector/sensitive.ts', `import { inspect } from 'node:util'`),
    file('proxy/a.ts', `import '../kube/b.ts'; import '../connector/c.ts'; import 'node:http'`),
    file('kube/a.ts', `import type { V1Pod } from '@kubernetes/client-node'`),
    file('tool/a.ts', `import '../pki/b.ts'; import '../kube/c.ts'; import '../runtime/d.ts'`),
    file('cli/main.ts', `import '../proxy/main.ts'\nawait main(process.argv)`),
    file('proxy/config.ts', `export function readConfig(env = process.env) {\n  return env\n}`),
    file('gotemplate/a.ts', `class A {\n  private fetch(): void {}\n  next() {\n    this.fetch()\n  }\n}`),
    file('test/proxy/a.test.ts', `import { suite } from 'uvu'\nconst t = suite('a')\nt.run()`),
  ]
  none(good.flatMap(checkImports))
  none(good.flatMap(checkHabits))
  none(good.flatMap(checkName))
})

rules('files that need one another, and not about types', () => {
  const circle = [
    file('proxy/a.ts', `import { b } from './b.ts'`),
    file('proxy/b.ts', `import { c } from './c.ts'`),
    file('proxy/c.ts', `import { a } from './a.ts'`),
    file('proxy/d.ts', `import { a } from './a.ts'`),
  ]
  assert.match(checkCircles(circle, {}).join('\n'), /^proxy\/a.ts proxy\/b.ts proxy\/c.ts: need one another/)
  none(checkCircles(circle, { 'proxy/a.ts proxy/b.ts proxy/c.ts': 'why' }))
  none(
    checkCircles([file('a/a.ts', `import type { B } from './b.ts'`), file('a/b.ts', `import './a.ts'`)], {}),
  )
  assert.match(checkCircles([], { 'a.ts b.ts': 'why' }).join(), /no circle any more/)
})

rules.run()

function file(path: string, text: string): SourceFile {
  return { path, text }
}

function textOf(path: string): string {
  return files.find(found => found.path === path)?.text ?? ''
}

function none(complaints: readonly string[]): void {
  assert.is(complaints.join('\n'), '')
}
