// Parsed templates by content, so that rendering the same class again does not parse again.
import type { FunctionMap } from './function.ts'
import { parseTemplate, type Template } from './template.ts'

export interface TemplateCacheOptions {
  readonly functions?: FunctionMap
  /** Of templates kept; 500 if not given. */
  readonly maxEntries?: number
  /** Of all their texts, in UTF-16 units; 8 Mi if not given. A longer text is parsed every time. */
  readonly maxTextLength?: number
}

/** Keeps the templates used last, within both bounds. Those that do not parse are not kept. */
export class TemplateCache {
  private readonly functions: FunctionMap
  private readonly maxEntries: number
  private readonly maxTextLength: number
  /** Oldest use first. */
  private readonly templates = new Map<string, Template>()
  private textLength = 0

  constructor(options: TemplateCacheOptions = {}) {
    this.functions = options.functions ?? new Map()
    this.maxEntries = options.maxEntries ?? 500
    this.maxTextLength = options.maxTextLength ?? 8 * 1024 * 1024
  }

  /** As `parseTemplate`. */
  parse(text: string, name = 'template'): Template {
    const key = `${name}\0${text}`
    const known = this.templates.get(key)
    if (known !== undefined) {
      this.templates.delete(key)
      this.templates.set(key, known)
      return known
    }
    const template = parseTemplate(text, { name, functions: this.functions })
    this.keep(key, template)
    return template
  }

  get size(): number {
    return this.templates.size
  }

  private keep(key: string, template: Template): void {
    if (key.length > this.maxTextLength) return
    this.templates.set(key, template)
    this.textLength += key.length
    for (const oldest of this.templates.keys()) {
      if (this.templates.size <= this.maxEntries && this.textLength <= this.maxTextLength) break
      this.templates.delete(oldest)
      this.textLength -= oldest.length
    }
  }
}
