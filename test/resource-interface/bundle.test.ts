import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createEvaluator } from '../../resource-interface/sandbox.ts'
import { integrateRun } from '../../resource-interface/tekton/integrate.ts'
import { gitInterface } from './git-interface.ts'
import { annotation, makePipeline, surroundings } from './tekton/example.ts'

const test = suite('the library in a browser')

const program = `
  import { parseDefinition } from './resource-interface/parse.ts'
  import { resolveInterface } from './resource-interface/resolve.ts'
  import { createEvaluator } from './resource-interface/sandbox.ts'
  import { selectInterface } from './resource-interface/select.ts'
  import { integrateRun } from './resource-interface/tekton/integrate.ts'
  import { validateInterface } from './resource-interface/validate.ts'
  export async function run({ object, input }) {
    const evaluator = await createEvaluator()
    const { definition } = parseDefinition(object)
    const connectors = [{ metadata: { name: 'demo', namespace: 'ci' }, spec: { address: 'https://git.example.com' } }]
    return {
      problems: validateInterface(object, { evaluator }),
      unknown: selectInterface({ name: 'nope' }, { definitions: [definition], classes: [] }).problems[0].reason,
      made: integrateRun(input, { evaluator }),
      url: resolveInterface({ definition, connectors, params: { repository: 'app' } }, { evaluator }).attributes[0].value,
    }
  }
`

/** A thread without Node's globals, in which the bundle sees what a browser's worker has. */
const thread = `
  const { parentPort, workerData } = require('node:worker_threads')
  delete globalThis.process; delete globalThis.Buffer; delete globalThis.global
  globalThis.WorkerGlobalScope = class {}
  import(workerData.url).then(bundle => bundle.run(workerData))
    .then(result => parentPort.postMessage(result), error => parentPort.postMessage({ error: String(error.stack) }))
`

test('a bundle builds, needs no built-in and runs', async () => {
  const { outputFiles, metafile } = await build({
    stdin: { contents: program, resolveDir: new URL('../..', import.meta.url).pathname, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    metafile: true,
    write: false,
    minify: true,
    logLevel: 'silent',
  })
  const inputs = Object.keys(metafile.inputs).filter(path => !path.includes('node_modules'))
  assert.ok(
    inputs.every(path => path.startsWith('resource-interface/') || path === '<stdin>'),
    inputs.join(),
  )
  const text = outputFiles[0]?.text ?? ''
  const input = {
    ...surroundings,
    pipeline: makePipeline(annotation),
    choices: { integrations: { code: { params: { repository: 'org/app' } } } },
  }
  const made = integrateRun(input, { evaluator: await createEvaluator() })
  assert.equal(made.problems, [])
  const url = `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`
  const worker = new Worker(thread, { eval: true, workerData: { url, object: gitInterface(), input } })
  const result = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  await worker.terminate()
  assert.equal(result, {
    problems: [],
    unknown: 'InterfaceNotFound',
    made,
    url: 'https://git.example.com/app',
  })
})

test.run()
