// Ours as the fuzzer sees it. Loaded by path, because a copy with a planted bug is an engine too.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { RenderCase } from '../oracle/oracle.ts'
import type { Engine } from './fuzz.ts'
import type { Outcome } from './outcome.ts'

export const projectFolder = join(import.meta.dirname, '../../..')

// What a case may take is for Go's side to bound: a limit of ours that strikes first is a difference.
const limits = {
  outputBytes: 16 << 20,
  steps: 50_000_000,
  depth: 1000,
  cpuMs: 20_000,
  allocatedBytes: 1 << 30,
}

/** The engine of the project in `folder`, or of a copy that is laid out like it. */
export async function loadEngine(folder = projectFolder): Promise<Engine> {
  const load = (path: string) => import(pathToFileURL(join(folder, path)).href)
  const [template, data, bytes, error, all, probe] = (await Promise.all([
    load('gotemplate/template.ts'),
    load('gotemplate/data.ts'),
    load('gotemplate/bytes.ts'),
    load('gotemplate/error.ts'),
    load('gotemplate/functions/all.ts'),
    load('connector/probe-data.ts'),
  ])) as [
    typeof import('../../../gotemplate/template.ts'),
    typeof import('../../../gotemplate/data.ts'),
    typeof import('../../../gotemplate/bytes.ts'),
    typeof import('../../../gotemplate/error.ts'),
    typeof import('../../../gotemplate/functions/all.ts'),
    typeof import('../../../connector/probe-data.ts'),
  ]

  function dataOf({ data: text, options }: RenderCase): unknown {
    if (text === undefined) return null
    return options?.probe ? probe.probeDataFromJson(JSON.parse(text)) : data.dataFromJson(text)
  }

  function render(one: RenderCase): Outcome {
    try {
      const { name = 't', missingkey: missingKey = 'default' } = one.options ?? {}
      const parsed = template.parseTemplate(one.template, { name, functions: all.functions })
      return { kind: 'output', bytes: Buffer.from(parsed.executeBytes(dataOf(one), { missingKey, limits })) }
    } catch (thrown) {
      const text =
        thrown instanceof error.TemplateError ? errorText(thrown, one) : `crash: ${describe(thrown)}`
      return { kind: 'error', bytes: Buffer.from(bytes.bytesOf(text)) }
    }
  }

  // Go's text, when the place that the error states is the text's.
  function errorText(failure: InstanceType<typeof error.TemplateError>, { options }: RenderCase): string {
    const { goMessage, line, column, reason } = failure
    if (reason === 'limit') return `limit: ${goMessage}`
    const start = `template: ${options?.name ?? 't'}:${line}:${column === undefined ? '' : `${column}:`} `
    return line === undefined || goMessage.startsWith(start) ? goMessage : `${start}: ${goMessage}`
  }

  return { render }
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.stack}` : String(thrown)
}
