// Our engine with everything prepared, as Go's side has it.
import { dataFromJson } from '../../gotemplate/data.ts'
import { standardFunctions } from '../../gotemplate/functions/standard.ts'
import { parseTemplate } from '../../gotemplate/template.ts'

export interface Prepared {
  readonly render: () => string
  readonly parse: () => unknown
}

export function prepareOurs(template: string, data: string): Prepared {
  const parse = () => parseTemplate(template, { name: 't', functions: standardFunctions })
  const parsed = parse()
  const decoded = dataFromJson(data)
  return { parse, render: () => parsed.execute(decoded) }
}
