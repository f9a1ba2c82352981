// connectors render: one template with data of the caller's, or a stream of cases. Spec: install.md, "Command line".
import { readFile } from 'node:fs/promises'
import { ConnectorsError } from '../../connector/errors.ts'
import { type ProbeJson, probeDataFromJson } from '../../connector/probe-data.ts'
import { dataFromJson } from '../../gotemplate/data.ts'
import { TemplateError } from '../../gotemplate/error.ts'
import { standardFunctions } from '../../gotemplate/functions/standard.ts'
import { type ExecuteOptions, parseTemplate } from '../../gotemplate/template.ts'
import { parseCommandLine, usageError } from '../arguments.ts'
import { printExactly, printJsonLine, tellText } from '../output.ts'
import { renderBatch } from '../render-batch.ts'

export const help = `Usage: connectors render --template FILE --data FILE [--probe] [--missingkey MODE]
       connectors render --batch

Renders one template as a volume or a probe would; the result is on standard output exactly.

Options:
  --template FILE     a Go template
  --data FILE         the dot, in JSON
  --probe             the data is {"connector": ..., "secret": ... or null}, in the JSON of Kubernetes, and the dot
                      is what a probe's template sees
  --missingkey MODE   default, zero or error (default: default)
  --batch             reads cases from standard input, one JSON object a line with name, template, data and options
                      (missingkey, probe, name), and writes one a line with name and output or error (outputBase64,
                      errorBase64 when the bytes are not UTF-8), in order
`

const missingKeys = ['default', 'zero', 'error'] as const

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommandLine('render', args, {
    template: { type: 'string' },
    data: { type: 'string' },
    probe: { type: 'boolean', default: false },
    missingkey: { type: 'string', default: 'default' },
    batch: { type: 'boolean', default: false },
  })
  if (values.batch) {
    await renderBatch(process.stdin, printJsonLine)
    return 0
  }
  if (values.template === undefined) throw usageError('render', '--template FILE is missing')
  if (values.data === undefined) throw usageError('render', '--data FILE is missing')
  const missingKey = missingKeys.find(mode => mode === values.missingkey)
  if (missingKey === undefined) throw usageError('render', `"${values.missingkey}" is no mode of missingkey`)

  const template = await readText(values.template, 'template')
  const data = parseData(await readText(values.data, 'data'), { file: values.data, isProbe: values.probe })
  try {
    printExactly(rendered(template, { name: values.template, data, missingKey }))
    return 0
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    tellText(`${error.message}\n${error.excerpt === undefined ? '' : `${error.excerpt}\n`}`)
    return 1
  }
}

type RenderInput = Required<Pick<ExecuteOptions, 'missingKey'>> & {
  readonly name: string
  readonly data: unknown
}

function rendered(template: string, { name, data, missingKey }: RenderInput): Uint8Array {
  return parseTemplate(template, { name, functions: standardFunctions }).executeBytes(data, {
    missingKey,
    clock: () => new Date(),
    random: size => crypto.getRandomValues(new Uint8Array(size)),
  })
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'it does not exist' : 'it is not readable'
    throw new ConnectorsError('INVALID', 'FileUnreadable', `Cannot read "${path}" as ${what}: ${why}`)
  }
}

function parseData(
  text: string,
  { file, isProbe }: { readonly file: string; readonly isProbe: boolean },
): unknown {
  try {
    return isProbe ? probeDataFromJson(JSON.parse(text) as ProbeJson) : dataFromJson(text)
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message
    throw new ConnectorsError('INVALID', 'DataInvalid', `Cannot read "${file}" as data: ${why}`)
  }
}
