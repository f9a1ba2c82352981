// What Tekton's webhook asks of the spec of a Task.
import { isFields } from '../reader.ts'
import { fieldOf, type JsonObject, listOf, textOf } from './json.ts'
import { isLabel } from './kubernetes-name.ts'
import type { RunProblem } from './run-problem.ts'
import { checkShape } from './shape.ts'
import { taskShape } from './spec-shapes.ts'
import { typeOfValue } from './value.ts'
import {
  checkArrayUse,
  checkDeclaredUse,
  checkKnown,
  textsOfStep,
  type VisibleParam,
} from './variable-rules.ts'

/** What a step takes from elsewhere when it refers to a StepAction. */
const ofReference = [
  'image',
  'command',
  'args',
  'script',
  'workingDir',
  'env',
  'volumeMounts',
  'results',
] as const

const plainName = /^[_a-zA-Z][_a-zA-Z0-9.-]*$/
const objectName = /^[_a-zA-Z][_a-zA-Z0-9-]*$/
const resultName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/

/** Of a Task that stands alone: nothing but its own params is there for its steps. */
export function checkTaskSpec(spec: JsonObject, field: string): readonly RunProblem[] {
  const params = visibleParams(spec['params'])
  const texts = listOf(spec['steps']).flatMap((step, index) => textsOfStep(step, `${field}.steps[${index}]`))
  return [...checkTaskShape(spec, field), ...checkDeclaredUse(texts, params)]
}

/** Of a task in a Pipeline too, whose steps may see more. */
export function checkTaskShape(spec: JsonObject, field: string): readonly RunProblem[] {
  const steps = spec['steps']
  const image = textOf(fieldOf(spec['stepTemplate'], 'image'))
  const params = visibleParams(spec['params'])
  const texts = listOf(steps).flatMap((step, index) => textsOfStep(step, `${field}.steps[${index}]`))
  const problems = [
    ...checkShape(spec, taskShape, field),
    ...checkParamSpecs(spec['params'], `${field}.params`),
    ...checkNames(params, `${field}.params`),
    ...listOf(steps).flatMap((step, index) => checkStep(step, `${field}.steps[${index}]`, image)),
    ...checkUnique(steps, `${field}.steps`),
    ...checkUnique(spec['volumes'], `${field}.volumes`),
    ...listOf(spec['sidecars']).flatMap((sidecar, index) =>
      checkContainer(sidecar, `${field}.sidecars[${index}]`),
    ),
    ...checkWorkspaces(spec, field),
    ...checkArrayUse(texts, params),
    ...checkResults(spec, field),
    ...texts.flatMap(([place, text]) => [
      ...checkKnown(text, 'context.taskRun', { names: new Set(['name', 'namespace', 'uid']), field: place }),
      ...checkKnown(text, 'context.task', { names: new Set(['name', 'retry-count']), field: place }),
    ]),
  ]
  if (listOf(steps).length === 0) problems.push(required(`${field}.steps`, 'must have a step'))
  return problems
}

/** Types, defaults and properties. */
export function checkParamSpecs(list: unknown, field: string): readonly RunProblem[] {
  const problems = [...checkUnique(list, field)]
  for (const [index, item] of listOf(list).entries()) {
    const place = `${field}[${index}]`
    if (!isFields(item)) continue
    const [param] = visibleParams([item])
    if (textOf(item['name']) === undefined || !param) {
      problems.push(required(`${place}.name`, 'must have a name'))
      continue
    }
    const type = item['type'] ?? undefined
    if (type !== undefined && type !== '' && type !== param.type) {
      problems.push(invalid(`${place}.type`, 'must be string, array or object'))
    }
    const fallback = item['default'] ?? undefined
    if (fallback !== undefined && typeOfValue(fallback) !== param.type) {
      problems.push(wrong(`${place}.default`, `must be of type ${param.type}`))
    }
    if (param.type === 'object' && param.properties === undefined) {
      problems.push(required(`${place}.properties`, 'must be given for an object'))
    }
    for (const [key, property] of Object.entries(isFields(item['properties']) ? item['properties'] : {})) {
      const kind = fieldOf(property, 'type') ?? 'string'
      if (kind !== 'string' && kind !== '')
        problems.push(invalid(`${place}.properties.${key}.type`, 'must be string'))
    }
  }
  return problems
}

export function checkNames(params: readonly VisibleParam[], field: string): readonly RunProblem[] {
  return params.flatMap(({ name, type, properties }) => {
    const names = type === 'object' ? [name, ...(properties ?? [])] : [name]
    const allowed = type === 'object' ? objectName : plainName
    return names
      .filter(part => !allowed.test(part))
      .map(part => ({
        field: `${field}[${name}]`,
        reason: 'InvalidName' as const,
        message: `"${part}" must begin with a letter or _ and hold letters, digits, - and _${type === 'object' ? '' : ' and dots'}`,
      }))
  })
}

export function visibleParams(list: unknown): readonly VisibleParam[] {
  return listOf(list).flatMap((item): VisibleParam[] => {
    const name = textOf(fieldOf(item, 'name'))
    if (name === undefined) return []
    const declared = fieldOf(item, 'properties')
    const properties = isFields(declared) ? new Set(Object.keys(declared)) : undefined
    const type = fieldOf(item, 'type')
    const isType = type === 'string' || type === 'array' || type === 'object'
    const inferred = properties ? 'object' : typeOfValue(fieldOf(item, 'default'))
    return [{ name, type: isType ? type : inferred, ...(properties ? { properties } : {}) }]
  })
}

export function checkUnique(list: unknown, field: string): RunProblem[] {
  const seen = new Set<string>()
  return listOf(list).flatMap((item, index) => {
    const name = textOf(fieldOf(item, 'name'))
    if (name === undefined || !seen.has(name)) {
      if (name !== undefined) seen.add(name)
      return []
    }
    return [
      {
        field: `${field}[${index}].name`,
        reason: 'Duplicate' as const,
        message: `must be unique: ${JSON.stringify(name)} is taken`,
      },
    ]
  })
}

function checkStep(step: unknown, field: string, usualImage: string | undefined): RunProblem[] {
  if (!isFields(step)) return []
  const problems = [
    ...checkContainer(usualImage === undefined ? step : { image: usualImage, ...step }, field),
  ]
  const name = textOf(step['name'])
  if (name !== undefined && !isLabel(name)) {
    problems.push({ field: `${field}.name`, reason: 'InvalidName', message: 'must be a DNS label' })
  }
  if (step['ref'] !== undefined) {
    const both = ofReference.filter(key => step[key] !== undefined)
    problems.push(...both.map(key => invalid(`${field}.${key}`, 'A step with a ref may not have it')))
  } else if (listOf(step['params']).length > 0) {
    problems.push(invalid(`${field}.params`, 'must not be there without a ref'))
  }
  for (const [index, mount] of listOf(step['volumeMounts']).entries()) {
    const place = `${field}.volumeMounts[${index}]`
    const path = textOf(fieldOf(mount, 'mountPath')) ?? ''
    if (path.startsWith('/tekton/') && !path.startsWith('/tekton/home')) {
      problems.push(invalid(`${place}.mountPath`, 'must not lie under /tekton/'))
    }
    if (textOf(fieldOf(mount, 'name'))?.startsWith('tekton-internal-')) {
      problems.push(invalid(`${place}.name`, 'must not begin with tekton-internal-'))
    }
  }
  const onError = textOf(step['onError'])
  if (
    onError !== undefined &&
    !['continue', 'stopAndFail'].includes(onError) &&
    !onError.startsWith('$(params')
  ) {
    problems.push(invalid(`${field}.onError`, 'must be continue or stopAndFail'))
  }
  return problems
}

function checkContainer(container: unknown, field: string): RunProblem[] {
  const problems: RunProblem[] = []
  if (textOf(fieldOf(container, 'image')) === undefined && fieldOf(container, 'ref') === undefined) {
    problems.push(required(`${field}.image`, 'must have an image'))
  }
  if (
    textOf(fieldOf(container, 'script')) !== undefined &&
    listOf(fieldOf(container, 'command')).length > 0
  ) {
    problems.push(invalid(`${field}.script`, 'must not stand beside a command'))
  }
  return problems
}

function checkWorkspaces(spec: JsonObject, field: string): RunProblem[] {
  const problems = [...checkUnique(spec['workspaces'], `${field}.workspaces`)]
  const steps = [...listOf(spec['steps']), ...(isFields(spec['stepTemplate']) ? [spec['stepTemplate']] : [])]
  const mounts = steps.flatMap(step => listOf(fieldOf(step, 'volumeMounts')))
  const taken = new Set(mounts.map(mount => cleanPath(textOf(fieldOf(mount, 'mountPath')) ?? '')))
  const names = new Set<unknown>()
  for (const [index, item] of listOf(spec['workspaces']).entries()) {
    const place = `${field}.workspaces[${index}]`
    if (!isFields(item)) continue
    const name = textOf(item['name'])
    if (name === undefined) problems.push(required(`${place}.name`, 'must have a name'))
    names.add(name)
    const path = cleanPath(textOf(item['mountPath']) ?? `/workspace/${name ?? ''}`)
    if (taken.has(path))
      problems.push({ field: `${place}.mountPath`, reason: 'Duplicate', message: `${path} is taken` })
    taken.add(path)
  }
  for (const key of ['steps', 'sidecars']) {
    for (const [index, step] of listOf(spec[key]).entries()) {
      for (const [at, used] of listOf(fieldOf(step, 'workspaces')).entries()) {
        if (names.has(textOf(fieldOf(used, 'name')))) continue
        const place = `${field}.${key}[${index}].workspaces[${at}].name`
        problems.push({ field: place, reason: 'UnknownReference', message: 'is no workspace of the Task' })
      }
    }
  }
  return problems
}

function checkResults(spec: JsonObject, field: string): RunProblem[] {
  const names = new Set<string>()
  const problems = listOf(spec['results']).flatMap((item, index) => {
    const name = textOf(fieldOf(item, 'name')) ?? ''
    names.add(name)
    const place = `${field}.results[${index}].name`
    return resultName.test(name)
      ? []
      : [{ field: place, reason: 'InvalidName' as const, message: 'is no name of a result' }]
  })
  const scripts = listOf(spec['steps']).flatMap((step, index) => {
    const own = listOf(fieldOf(step, 'results')).flatMap(item => textOf(fieldOf(item, 'name')) ?? [])
    const script = textOf(fieldOf(step, 'script')) ?? ''
    return checkKnown(script, 'results', {
      names: new Set([...names, ...own]),
      field: `${field}.steps[${index}].script`,
    })
  })
  return [...problems, ...scripts]
}

function cleanPath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `${path.startsWith('/') ? '/' : ''}${parts.join('/')}`
}

function required(field: string, message: string): RunProblem {
  return { field, reason: 'Required', message }
}

function invalid(field: string, message: string): RunProblem {
  return { field, reason: 'Invalid', message }
}

function wrong(field: string, message: string): RunProblem {
  return { field, reason: 'InvalidType', message }
}
