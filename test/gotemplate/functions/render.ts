// Runs one template with every function there is.
import { TemplateError } from '../../../gotemplate/error.ts'
import { functions } from '../../../gotemplate/functions/all.ts'
import { type ExecuteOptions, parseTemplate } from '../../../gotemplate/template.ts'

export function render(text: string, data: unknown = {}, options: ExecuteOptions = {}): string {
  return parseTemplate(text, { name: 't', functions }).execute(data, options)
}

export function failureOf(text: string, data: unknown = {}, options: ExecuteOptions = {}): TemplateError {
  try {
    const output = render(text, data, options)
    throw new Error(`${text} gave ${JSON.stringify(output.slice(0, 100))}`)
  } catch (error) {
    if (error instanceof TemplateError) return error
    throw error
  }
}
