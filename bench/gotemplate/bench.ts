// Renders per second on one core: ours against real Go's text/template with sprig, in one run.
// Rendering has the template parsed and the data decoded. Work is CPU time of the whole process, garbage collection
// included, so that other load on the machine does not count; the two take turns, and the median of the turns counts.
import type { Need } from '../needs.ts'
import { readClassTemplates, readGoldenTemplates } from './built-in-templates.ts'
import { GoPeer } from './go-peer.ts'
import { type BenchTemplate, largerTemplates } from './larger-templates.ts'
import { prepareOurs } from './ours.ts'

/** Debian's is too old. */
export const needs: readonly Need[] = [{ program: 'go', from: 'https://go.dev/dl' }]

const turns = 5
const turnMs = 120
const warmUpMs = 240

interface Measured {
  readonly name: string
  /** Nanoseconds of CPU for one. */
  readonly render: Pair
  readonly parse: Pair
}

interface Pair {
  readonly ours: number
  readonly go: number
}

export async function runBench({ signal }: { readonly signal: AbortSignal }): Promise<void> {
  await using go = new GoPeer(signal)
  let index = 0
  const groups: readonly (readonly [title: string, templates: readonly BenchTemplate[]])[] = [
    ['configurations of the built-in classes', readClassTemplates()],
    ['configurations like them', readGoldenTemplates()],
    ['larger templates', largerTemplates],
  ]
  for (const [title, templates] of groups) {
    const measured: Measured[] = []
    printHead(title)
    for (const template of templates) {
      signal.throwIfAborted()
      const one = await measure(go, template, index++)
      measured.push(one)
      printRow(one)
    }
    printMean(measured)
  }
}

async function measure(
  go: GoPeer,
  { name, template, data }: BenchTemplate,
  index: number,
): Promise<Measured> {
  const ours = prepareOurs(template, data)
  const { output } = await go.ask(
    `{"case":{"name":"x","template":${JSON.stringify(template)},"data":${data}}}`,
  )
  if (ours.render() !== output) throw new Error(`ours and Go render "${name}" differently`)
  const askGo = async (what: 'render' | 'parse', ms: number) => {
    const { cpuNs, count } = await go.ask(JSON.stringify({ index, what, ms }))
    return cpuNs / count
  }
  const compare = async (what: 'render' | 'parse'): Promise<Pair> => {
    repeat(ours[what], warmUpMs)
    await askGo(what, warmUpMs / 4)
    const each: Pair[] = []
    for (let turn = 0; turn < turns; turn++) {
      each.push({ ours: repeat(ours[what], turnMs), go: await askGo(what, turnMs) })
    }
    return { ours: median(each.map(pair => pair.ours)), go: median(each.map(pair => pair.go)) }
  }
  return { name, render: await compare('render'), parse: await compare('parse') }
}

/** Nanoseconds of CPU for one run. */
function repeat(run: () => unknown, ms: number): number {
  const checkEvery = 16
  let count = 0
  const before = process.cpuUsage()
  for (const end = performance.now() + ms; performance.now() < end; count += checkEvery) {
    for (let i = 0; i < checkEvery; i++) run()
  }
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1000) / count
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN
}

const widths = [30, 13, 13, 8, 12, 12, 8] as const

function printHead(title: string): void {
  console.log(`\n${title}`)
  printCells(['', 'renders/s', "Go's", 'ratio', 'parse us', "Go's", 'ratio'])
}

function printRow({ name, render, parse }: Measured): void {
  const perSecond = (ns: number) => Math.round(1e9 / ns).toLocaleString('en')
  const micros = (ns: number) => (ns / 1000).toFixed(1)
  const speed = ({ ours, go }: Pair) => (go / ours).toFixed(2)
  printCells([
    name,
    perSecond(render.ours),
    perSecond(render.go),
    speed(render),
    micros(parse.ours),
    micros(parse.go),
    speed(parse),
  ])
}

function printMean(all: readonly Measured[]): void {
  const mean = (of: (one: Measured) => Pair) =>
    Math.exp(all.reduce((sum, one) => sum + Math.log(of(one).go / of(one).ours), 0) / all.length).toFixed(2)
  const least = Math.min(...all.map(({ render }) => render.go / render.ours)).toFixed(2)
  console.log(
    `  ours/Go: rendering ${mean(one => one.render)} (least ${least}), parsing ${mean(one => one.parse)}, as geometric means`,
  )
}

function printCells(cells: readonly string[]): void {
  console.log(
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(''),
  )
}
