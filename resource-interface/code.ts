// A scan over JavaScript that knows strings, template literals, comments, regular expressions and brackets: enough
// to see where an expression in braces ends and which names it mentions. Whether it parses is the engine's to say.

export type Code = {
  /** The index of the brace that closes what surrounds the code. */
  readonly end: number
  /** The code with the contents of strings, comments and regular expressions blanked, in the same length. */
  readonly bare: string
  /** A slash could be read in two ways. */
  readonly doubtful: boolean
}

const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '${': '}' }
const wordsBeforeOperand =
  /(?:^|[^\w$.])(?:return|typeof|instanceof|in|of|new|delete|void|throw|case|do|else|await|yield)$/

/** Undefined when the text ends first, or when brackets do not match. */
export function scanCode(text: string, start: number): Code | undefined {
  const open: string[] = []
  let bare = ''
  let doubtful = false
  let at = start
  const take = (end: number, blank: boolean) => {
    const piece = text.slice(at, end)
    bare += blank ? ' '.repeat(piece.length) : piece
    at = end
  }
  /** Takes up to and with the closing backtick, or up to and with a `${`. */
  const takeTemplate = (from: number): boolean => {
    const end = endOfTemplatePiece(text, from)
    if (end === undefined) return false
    const opens = text[end - 1] === '{'
    take(end - (opens ? 2 : 1), true)
    take(end, false)
    if (opens) open.push('${')
    return true
  }
  while (at < text.length) {
    const char = text[at] as string
    if (char === '"' || char === "'") {
      const end = endOfString(text, at)
      if (end === undefined) return undefined
      take(at + 1, false)
      take(end - 1, true)
      take(end, false)
    } else if (char === '`') {
      take(at + 1, false)
      if (!takeTemplate(at)) return undefined
    } else if (char === '/') {
      const comment = endOfComment(text, at)
      if (comment !== undefined) {
        take(comment, true)
        continue
      }
      const before = endOf(bare)
      if (/[)}]$/.test(before)) doubtful = true
      const end =
        /[\w$)\]}'"`]$/.test(before) && !wordsBeforeOperand.test(before) ? undefined : endOfRegExp(text, at)
      if (end === undefined) take(at + 1, false)
      else {
        take(at + 1, false)
        take(end - 1, true)
        // A regular expression ends an operand, as a bracket does.
        bare += ']'
        at = end
      }
    } else if (char in closers) {
      open.push(char)
      take(at + 1, false)
    } else if (char === ')' || char === ']' || char === '}') {
      const opener = open.pop()
      if (opener === undefined) return char === '}' ? { end: at, bare, doubtful } : undefined
      if (closers[opener] !== char) return undefined
      take(at + 1, false)
      if (opener === '${' && !takeTemplate(at)) return undefined
    } else take(at + 1, false)
  }
  return undefined
}

/** The last word before blanks; looking at all of the code for each slash would take the square of its length. */
function endOf(bare: string): string {
  const near = bare.slice(-64).trimEnd()
  return near.length > 16 ? near : bare.trimEnd()
}

function endOfString(text: string, start: number): number | undefined {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '\n') return undefined
    else if (text[at] === text[start]) return at + 1
  }
  return undefined
}

function endOfTemplatePiece(text: string, start: number): number | undefined {
  for (let at = start; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '`') return at + 1
    else if (text[at] === '$' && text[at + 1] === '{') return at + 2
  }
  return undefined
}

function endOfComment(text: string, start: number): number | undefined {
  if (text[start + 1] === '/') {
    const end = text.indexOf('\n', start)
    return end === -1 ? text.length : end
  }
  if (text[start + 1] !== '*') return undefined
  const end = text.indexOf('*/', start + 2)
  return end === -1 ? text.length : end + 2
}

function endOfRegExp(text: string, start: number): number | undefined {
  let inClass = false
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at++) {
    const char = text[at]
    if (char === '\\') at++
    else if (char === '[') inClass = true
    else if (char === ']') inClass = false
    else if (char === '/' && !inClass) return at + 1
  }
  return undefined
}
