// Reads TypeScript just far enough for the rules: what is code, what is text, and what it imports.

export interface Import {
  readonly specifier: string
  /** `import type` and `export type`: gone before the program runs. */
  readonly typeOnly: boolean
}

/** The tree as the rules see it: a path relative to the root, with `/`, and the text. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** The same text at the same positions, with comments and the insides of strings and patterns blanked. */
export function codeOf(text: string): string {
  let code = ''
  /** One entry per open template placeholder: the depth of braces inside it. */
  const placeholders: number[] = []
  let at = 0
  const keep = (length: number) => {
    code += text.slice(at, at + length)
    at += length
  }
  const blankTo = (end: number) => {
    code += text.slice(at, end).replace(/[^\n]/g, ' ')
    at = end
  }
  const templatePart = () => {
    const match = /^(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/.exec(text.slice(at))
    blankTo(at + (match?.[0].length ?? 0))
    if (text[at] === '`') keep(1)
    else if (text[at] === '$') {
      keep(2)
      placeholders.push(0)
    }
  }
  while (at < text.length) {
    const rest = text.slice(at, at + 2)
    const char = text[at] as string
    const depth = placeholders.length - 1
    if (rest === '//') blankTo(endOf(text, '\n', at))
    else if (rest === '/*') blankTo(endOf(text, '*/', at + 2) + 2)
    else if (char === "'" || char === '"') {
      keep(1)
      blankTo(closing(text, char, at))
      keep(1)
    } else if (char === '`') {
      keep(1)
      templatePart()
    } else if (char === '/' && startsPattern(code)) {
      keep(1)
      blankTo(patternEnd(text, at))
      keep(1)
    } else if (char === '}' && placeholders[depth] === 0) {
      placeholders.pop()
      keep(1)
      templatePart()
    } else {
      if (char === '{' && depth >= 0) placeholders[depth] = (placeholders[depth] ?? 0) + 1
      if (char === '}' && depth >= 0) placeholders[depth] = (placeholders[depth] ?? 0) - 1
      keep(1)
    }
  }
  return code
}

/** All of `import`, `export ... from`, `import()` and `require()` with a literal specifier. */
export function importsOf(text: string): readonly Import[] {
  const code = codeOf(text)
  const forms = [
    /(?<![\w$.])(?:import|export)\s+(?<type>type\b(?!\s*(?:from|,)))?[\w$\s{},*]*?\bfrom\s*(?=['"])/g,
    /(?<![\w$.])import\s*(?=['"])/g,
    /(?<![\w$.])(?:import|require)\s*\(\s*(?=['"`])/g,
  ]
  const found = forms.flatMap(form =>
    [...code.matchAll(form)].map(match => {
      const start = match.index + match[0].length
      const end = code.indexOf(code[start] as string, start + 1)
      return {
        at: start,
        specifier: text.slice(start + 1, end),
        typeOnly: match.groups?.['type'] !== undefined,
      }
    }),
  )
  return found.sort((a, b) => a.at - b.at).map(({ specifier, typeOnly }) => ({ specifier, typeOnly }))
}

function endOf(text: string, mark: string, from: number): number {
  const end = text.indexOf(mark, from)
  return end < 0 ? text.length : end
}

function closing(text: string, quote: string, from: number): number {
  let at = from
  while (at < text.length && text[at] !== quote && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1
  return at
}

/** A slash after an operator, an opening bracket or a keyword begins a pattern, otherwise it divides. */
function startsPattern(codeBefore: string): boolean {
  const before = codeBefore.slice(-80).trimEnd()
  return /(?:^|[=(,:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of|do|else|void|await|yield))$/.test(before)
}

function patternEnd(text: string, from: number): number {
  let inClass = false
  let at = from
  for (; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '[') inClass = true
    else if (text[at] === ']') inClass = false
    else if (text[at] === '/' && !inClass) break
  }
  return at
}
