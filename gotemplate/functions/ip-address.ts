// IP addresses as Go's netip reads them, and its words for what is none.
import { quote } from '../format/quote.ts'

/** Why the text cannot stand between the brackets of a URL's host, in Go's words. */
export function addressProblem(text: string): string | undefined {
  const invalid = (message: string, at?: string): string => {
    const place = at === undefined ? '' : ` (at ${quote(at)})`
    return `invalid host: ParseAddr(${quote(text)}): ${message}${place}`
  }
  switch (/[.:%]/.exec(text)?.[0]) {
    case '.': {
      const problem = ipv4Problem(text)
      return problem === undefined ? 'invalid IP-literal' : invalid(...problem)
    }
    case ':': {
      const problem = ipv6Problem(text)
      return problem === undefined ? undefined : invalid(...problem)
    }
    case '%':
      return invalid('missing IPv6 address')
    default:
      return invalid('unable to parse IP')
  }
}

/** Which sort of address the text is, without a zone; 0 if none. */
export function ipVersion(text: string): 0 | 4 | 6 {
  if (text.includes('%')) return 0
  if (text.includes(':')) return ipv6Problem(text) === undefined ? 6 : 0
  return ipv4Problem(text) === undefined ? 4 : 0
}

type Problem = readonly [message: string, at?: string]

function ipv4Problem(text: string): Problem | undefined {
  let value = 0
  let digits = 0
  let dots = 0
  for (const [i, character] of Array.from(text).entries()) {
    if (/[0-9]/.test(character)) {
      if (digits === 1 && value === 0) return ['IPv4 field has octet with leading zero']
      value = value * 10 + Number(character)
      digits++
      if (value > 255) return ['IPv4 field has value >255']
    } else if (character === '.') {
      if (digits === 0 || i === text.length - 1) {
        return ['IPv4 field must have at least one digit', text.slice(i)]
      }
      if (dots === 3) return ['IPv4 address too long']
      dots++
      value = 0
      digits = 0
    } else return ['unexpected character', text.slice(i)]
  }
  return dots < 3 ? ['IPv4 address too short'] : undefined
}

function ipv6Problem(text: string): Problem | undefined {
  const percent = text.indexOf('%')
  if (percent === text.length - 1) return ['zone must be a non-empty string']
  let rest = percent < 0 ? text : text.slice(0, percent)
  let size = 0
  let hasGap = rest.startsWith('::')
  if (hasGap) rest = rest.slice(2)
  if (hasGap && rest === '') return undefined
  while (size < 16) {
    const digits = (/^[0-9a-fA-F]*/.exec(rest) as RegExpExecArray)[0]
    if (digits.length > 4) return ['each group must have 4 or less digits', rest]
    if (digits === '') return ['each colon-separated field must have at least one digit', rest]
    if (rest[digits.length] === '.') {
      if (!hasGap && size !== 12) {
        return ['embedded IPv4 address must replace the final 2 fields of the address', rest]
      }
      if (size > 12) {
        return ['too many hex fields to fit an embedded IPv4 at the end of the address', rest]
      }
      const problem = ipv4Problem(rest)
      if (problem !== undefined) return problem
      rest = ''
      size += 4
      break
    }
    size += 2
    rest = rest.slice(digits.length)
    if (rest === '') break
    if (!rest.startsWith(':')) return ['unexpected character, want colon', rest]
    if (rest === ':') return ['colon must be followed by more characters', rest]
    rest = rest.slice(1)
    if (!rest.startsWith(':')) continue
    if (hasGap) return ['multiple :: in address', rest]
    hasGap = true
    rest = rest.slice(1)
    if (rest === '') break
  }
  if (rest !== '') return ['trailing garbage after address', rest]
  if (size < 16) return hasGap ? undefined : ['address string too short']
  return hasGap ? ['the :: must expand to at least one field of zeros'] : undefined
}
