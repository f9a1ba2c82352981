// What holds for every Task, Pipeline, interface and choice.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createEvaluator } from '../../../resource-interface/sandbox.ts'
import { integrationsAnnotation } from '../../../resource-interface/tekton/annotation.ts'
import { integrateRun } from '../../../resource-interface/tekton/integrate.ts'
import { Random } from '../../gotemplate/fuzz/random.ts'
import { mangled } from './mangle.ts'
import { type RandomCase, randomCase, shuffled } from './random-runs.ts'
import { arrivedValues, runFaults } from './run-faults.ts'

const test = suite('tekton: properties')
const evaluator = await createEvaluator()
const cases = 150

test('a run is complete and right, or a problem says why there is none', () => {
  let runs = 0
  for (let seed = 0; seed < cases; seed++) {
    const input = randomCase(seed)
    const { run, problems } = integrateRun(input, { evaluator })
    assert.is(run === undefined, problems.length > 0, `seed ${seed}`)
    if (!run) continue
    runs++
    assert.equal(runFaults(run, input), [], `seed ${seed}`)
  }
  assert.ok(runs > cases / 6, `${runs} of ${cases} cases became a run`)
})

test('every attribute arrives where it is declared to go, and nowhere else', () => {
  let arrived = 0
  for (let seed = 0; seed < cases; seed++) {
    const input = randomCase(seed)
    const { run } = integrateRun(input, { evaluator })
    if (!run) continue
    for (const { path, found, expected } of arrivedValues(run, input, evaluator)) {
      assert.equal(found, expected, `seed ${seed}: ${path}`)
      arrived++
    }
  }
  assert.ok(arrived > 30, `${arrived} values arrived`)
})

test('the order of integrations, attributes, Connectors and choices changes nothing', () => {
  for (let seed = 0; seed < cases; seed++) {
    const expected = integrateRun(randomCase(seed), { evaluator })
    assert.equal(integrateRun(reordered(seed, false), { evaluator }), expected, `seed ${seed}`)
  }
})

test('the order of params and workspaces in the Task or Pipeline changes nothing', () => {
  for (let seed = 0; seed < cases; seed++) {
    const expected = integrateRun(randomCase(seed), { evaluator }).run
    const { run } = integrateRun(reordered(seed, true), { evaluator })
    assert.equal(sortedLists(run), sortedLists(expected), `seed ${seed}`)
  }
})

test('nothing throws, whatever comes in', () => {
  for (let seed = 0; seed < cases; seed++) {
    const random = new Random(seed, 0xbad)
    const { task, pipeline, choices, tasks, ...rest } = randomCase(seed) as RandomCase & {
      task?: object
      pipeline?: object
    }
    const bad = mangled(random, { definition: task ?? pipeline, choices, tasks }) as Record<string, unknown>
    const kind = task ? { task: bad['definition'] } : { pipeline: bad['definition'] }
    const input = {
      ...rest,
      ...kind,
      choices: bad['choices'],
      tasks: Array.isArray(bad['tasks']) ? bad['tasks'] : [],
    }
    const { run, problems } = integrateRun(input as RandomCase, { evaluator })
    assert.is(run === undefined, problems.length > 0, `seed ${seed}`)
  }
})

function reordered(seed: number, insideDefinition: boolean): RandomCase {
  const random = new Random(seed, 0x0bde)
  const input = randomCase(seed) as RandomCase & { task?: Fields; pipeline?: Fields }
  const kind = input.task ? 'task' : 'pipeline'
  const definition = (input.task ?? input.pipeline ?? {}) as Fields & { metadata: Fields; spec: Fields }
  const annotations = definition.metadata['annotations'] as Record<string, string>
  const integrations = shuffleAll(random, JSON.parse(annotations[integrationsAnnotation] ?? '[]'))
  const metadata = {
    ...definition.metadata,
    annotations: { [integrationsAnnotation]: JSON.stringify(integrations) },
  }
  const spec = insideDefinition
    ? Object.fromEntries(
        Object.entries(definition.spec).map(([key, value]) => [
          key,
          key === 'params' || key === 'workspaces' ? shuffled(random, value as unknown[]) : value,
        ]),
      )
    : definition.spec
  return {
    ...input,
    [kind]: { ...definition, metadata, spec },
    choices: {
      integrations: shuffleKeys(random, shuffleConnectors(random, input.choices.integrations ?? {})),
      params: shuffleKeys(random, input.choices.params ?? {}),
      workspaces: shuffleKeys(random, input.choices.workspaces ?? {}),
    },
    interfaces: shuffled(random, input.interfaces),
    connectors: shuffled(random, input.connectors),
    classes: shuffled(random, input.classes),
    tasks: shuffled(random, input.tasks ?? []),
  } as RandomCase
}

type Fields = Readonly<Record<string, unknown>>

/** Lists of strings too: every list of a declaration is one of named things or of paths. */
function shuffleAll(random: Random, value: unknown): unknown {
  if (Array.isArray(value)) return shuffled(random, value).map(item => shuffleAll(random, item))
  if (typeof value !== 'object' || value === null) return value
  return shuffleKeys(
    random,
    Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shuffleAll(random, item)])),
  )
}

function shuffleConnectors(random: Random, choices: NonNullable<RandomCase['choices']['integrations']>) {
  return Object.fromEntries(
    Object.entries(choices).map(([name, choice]) => [
      name,
      {
        connectors: shuffled(random, choice.connectors ?? []),
        params: shuffleKeys(random, choice.params ?? {}),
      },
    ]),
  )
}

function shuffleKeys<T>(random: Random, record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(shuffled(random, Object.entries(record)))
}

function sortedLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedLists)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key !== 'params' && key !== 'workspaces') return [key, sortedLists(item)]
      return [key, (item as unknown[]).map(entry => JSON.stringify(sortedLists(entry))).sort()]
    }),
  )
}

test.run()
