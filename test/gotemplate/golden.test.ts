// Every case of the conformance corpus: what real Go gave, byte for byte, errors included.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ProbeJson, probeDataFromJson } from '../../connector/probe-data.ts'
import { textOf } from '../../gotemplate/bytes.ts'
import { dataFromJson } from '../../gotemplate/data.ts'
import { TemplateError } from '../../gotemplate/error.ts'
import { functions } from '../../gotemplate/functions/all.ts'
import { parseTemplate } from '../../gotemplate/template.ts'
import { Dict, Float, type Value } from '../../gotemplate/value.ts'

interface Case {
  readonly name: string
  readonly template: string
  readonly data?: unknown
  readonly options?: {
    readonly missingkey?: 'default' | 'zero' | 'error'
    readonly probe?: boolean
    readonly name?: string
  }
  readonly output?: string
  readonly error?: string
  readonly outputBase64?: string
  readonly errorBase64?: string
  readonly errorShowsData?: boolean
}

interface Outcome {
  readonly output?: string
  readonly error?: string
}

/** Real Go has no limits: where it was stopped, ours has to stop by a limit of that kind. */
const stoppedByOutput = 'oracle: output limit exceeded'

const folder = join(import.meta.dirname, 'golden')
const shown = 20

function fromBase64(text: string | undefined): string | undefined {
  return text === undefined ? undefined : textOf(Buffer.from(text, 'base64'))
}

function wanted(one: Case): Outcome {
  const output = one.output ?? fromBase64(one.outputBase64)
  return output === undefined ? { error: one.error ?? fromBase64(one.errorBase64) ?? '' } : { output }
}

function dataOf(one: Case, line: string): Value | Float {
  if (one.options?.probe === true) return probeDataFromJson(one.data as ProbeJson)
  const whole = dataFromJson(line)
  const data = whole instanceof Dict ? whole.get('data') : undefined
  return typeof data === 'number' ? new Float(data) : data
}

function rendered(one: Case, line: string): Outcome {
  const options = { missingKey: one.options?.missingkey ?? 'default', limits: { cpuMs: 5000 } } as const
  try {
    const template = parseTemplate(one.template, {
      name: one.options?.name ?? 't',
      functions,
    })
    return { output: textOf(template.executeBytes(dataOf(one, line), options)) }
  } catch (error) {
    if (!(error instanceof TemplateError)) throw new Error(`${one.name} crashed`, { cause: error })
    if (error.limit === 'output') return { error: stoppedByOutput }
    const leak = leafTexts(one.data).find(
      text => !one.template.includes(text) && error.message.includes(text),
    )
    return { error: leak === undefined ? error.goMessage : `the message shows ${leak}: ${error.message}` }
  }
}

/** Texts in the data long enough that a message holds them only by repeating them. */
function leafTexts(data: unknown): string[] {
  if (typeof data === 'string') return data.length >= 6 ? [data] : []
  return typeof data === 'object' && data !== null ? Object.values(data).flatMap(leafTexts) : []
}

const test = suite('golden')

for (const file of readdirSync(folder)) {
  test(`${file} gives what Go gives`, () => {
    const lines = readFileSync(join(folder, file), 'utf8').split('\n')
    const problems: string[] = []
    let count = 0
    for (const line of lines) {
      if (!line.startsWith('{')) continue
      count++
      const text = line.replace(/,$/, '')
      const one = JSON.parse(text) as Case
      const want = wanted(one)
      const got = rendered(one, text)
      if (got.output !== want.output || got.error !== want.error) {
        problems.push(
          `${one.name}\n  ${one.template}\n  wanted ${JSON.stringify(want)}\n  got    ${JSON.stringify(got)}`,
        )
      }
    }
    assert.ok(count > 0)
    assert.ok(
      problems.length === 0,
      `${problems.length} of ${count} differ:\n${problems.slice(0, shown).join('\n')}`,
    )
  })
}

test.run()
