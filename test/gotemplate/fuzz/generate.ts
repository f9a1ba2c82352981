// Makes a case from a seed and an index.
import type { RenderCase } from '../oracle/oracle.ts'
import { type Data, jsonText, randomData, randomProbe } from './data.ts'
import { printfCall, specialCall, type Writer } from './expression.ts'
import { directives, verbs } from './format.ts'
import { Random } from './random.ts'
import { type Known, knownData, type Scope } from './scope.ts'
import { functionNames, signatures } from './signatures.ts'
import { action, body, callStatement, marks, type Statement, statements } from './statement.ts'

export interface GeneratedCase extends RenderCase {
  /** Constructs, functions and verbs in the template. */
  readonly hits: ReadonlySet<string>
}

const modes = ['missingkey default', 'missingkey zero', 'missingkey error']

/** All that is counted, by what it is. */
export const countables: Readonly<Record<string, readonly string[]>> = {
  function: functionNames,
  verb: [...verbs.map(verb => `%${verb}`), ...directives],
  construct: [
    ...new Set<string>([...statements, ...marks, ...modes, 'named template', 'probe', 'no data', 'damaged']),
  ],
}

export function generateCase(seed: number, index: number): GeneratedCase {
  const random = new Random(seed, index)
  const hits = new Set<string>()
  const hit = (what: string) => void hits.add(what)
  const oddness = random.weighted([
    [65, 0],
    [25, 0.04],
    [10, 0.25],
  ])
  const w: Writer = { random, oddness, hit, defines: [] }
  const probe = random.chance(0.04)
  const data = probe ? randomProbe(random) : randomData(random)
  const scope = probe ? probeScope(data as { secret: Data }) : dataScope(data)
  const missingkey = random.weighted([
    [6, undefined],
    [2, 'zero'],
    [2, 'error'],
  ] as const)
  const name = random.chance(0.04) ? random.pick(['classes/git/.gitconfig', 'ü', 'a b', 'x:1']) : undefined
  hit(`missingkey ${missingkey ?? 'default'}`)
  if (probe) hit('probe')
  if (name !== undefined) hit('named template')
  if (data === undefined) hit('no data')
  let template = randomTemplate(w, scope, index)
  if (random.chance(0.03)) {
    hits.clear()
    hit('damaged')
    template = damage(random, template)
  }
  const options = {
    ...(missingkey ? { missingkey } : {}),
    ...(probe ? { probe } : {}),
    ...(name === undefined ? {} : { name }),
  }
  return {
    name: `found/${seed}/${index}`,
    template,
    ...(data === undefined ? {} : { data: jsonText(data) }),
    ...(Object.keys(options).length > 0 ? { options } : {}),
    hits,
  }
}

// Each index asks for one function and one statement by turns, so that all of them come up often enough.
function randomTemplate(w: Writer, scope: Scope, index: number): string {
  const { random } = w
  let defines = ''
  const templates: string[] = []
  for (let i = random.chance(0.35) ? random.between(1, 2) : 0; i > 0; i--) {
    const name = random.pick(['t1', 'é unit', 'a/b', 'helper'])
    if (templates.includes(name)) continue
    w.hit('define')
    defines += `${action(w, `define ${JSON.stringify(name)}`)}${body(w, { ...scope, templates: [...templates] }, 1)}${action(w, 'end')}`
    templates.push(name)
  }
  const inner = { ...scope, templates }
  const parts = [
    wantedCall(w, inner, functionNames[index % functionNames.length] as string, index),
    ...(index % 5 === 0
      ? [action(w, printfCall(w, inner, verbs[(index / 5) % verbs.length] as string, 1))]
      : []),
    ...(random.chance(0.75) ? [body(w, inner, 3, [statements[index % statements.length] as Statement])] : []),
  ]
  const main = (random.chance(0.5) ? parts : parts.reverse()).join(random.pick(['', '\n', ' ']))
  defines += w.defines.join('')
  return random.chance(0.5) ? defines + main : main + defines
}

function wantedCall(w: Writer, scope: Scope, name: string, index: number): string {
  if (name === 'printf') return action(w, printfCall(w, scope, verbs[index % verbs.length] as string, 1))
  const signature = signatures.find(one => one.name === name)
  return signature === undefined
    ? action(w, specialCall(w, scope, name, 1))
    : callStatement(w, scope, signature)
}

function dataScope(data: Data | undefined): Scope {
  return {
    dot: knownData('.', data),
    root: knownData('$', data),
    variables: [],
    templates: [],
    inLoop: false,
  }
}

// What a probe's structs offer without showing an address of memory.
function probeScope({ secret }: { secret: Data }): Scope {
  const paths: Known[] = [
    ...[
      '.Connector.Name',
      '$.Connector.Namespace',
      '.Connector.Spec.Address',
      '.Connector.Spec.Auth.Name',
    ].map(text => ({ text, kind: 'string' }) as const),
    ...['.Connector.Spec.Params', '$.Connector.Spec.Auth.Params', '.Connector.Spec.AddressExtensions'].map(
      text => ({ text, kind: 'list' }) as const,
    ),
    ...(secret === null
      ? []
      : [
          { text: '.Secret.Type', kind: 'string' } as const,
          { text: '$.Secret.StringData.username', kind: 'string' } as const,
          { text: '.Secret.StringData.raw', kind: 'string' } as const,
          { text: '.Secret.StringData', kind: 'dict' } as const,
          { text: '.Secret.Data', kind: 'dict' } as const,
          { text: '.Secret.Data.password', kind: 'list' } as const,
        ]),
  ]
  const dot: Known = { text: '.', kind: 'any' }
  return {
    dot,
    root: { text: '$', kind: 'any' },
    variables: [],
    templates: [],
    inLoop: false,
    probePaths: paths,
  }
}

const tokens = [
  '{{',
  '}}',
  '{{end}}',
  '{{else}}',
  '|',
  '(',
  ')',
  '"',
  '`',
  '.',
  '$',
  '$x',
  ':=',
  '=',
  ',',
  ' ',
  '-',
  '\n',
  '/*',
  '*/',
  "'",
  '{{-',
  '-}}',
  '5x',
  '..',
  '@',
  '\u0000',
  'é',
  '{{break}}',
  '{{define "t1"}}',
  '{{template "t1"}}',
  'nil',
  '0x',
  '1.2.3',
  '_',
  '{{if}}',
  '{{range}}',
]

/** Spoils a template in one place. Complex numbers are beyond what the engine takes, so none may arise. */
function damage(random: Random, template: string): string {
  const at = random.below(template.length + 1)
  const damaged = random
    .pick([
      () => template.slice(0, at) + template.slice(at + random.between(1, 3)),
      () => template.slice(0, at) + random.pick(tokens) + template.slice(at),
      () => template.slice(0, at),
      () => template.replace(random.pick(['{{', '}}', 'end', ' ', '"', '(', ')']), random.pick(tokens)),
    ])()
    .toWellFormed()
  return /[\d.]i/.test(damaged) ? '{{' : damaged
}
