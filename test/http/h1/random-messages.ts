// Random HTTP messages from a seed: mostly well formed, then often damaged in the ways that attacks use.

export interface Random {
  /** 0 up to, not including, `bound`. */
  below(bound: number): number
  pick<T>(choices: readonly T[]): T
  chance(probability: number): boolean
}

export const randomFrom = (seed: number): Random => {
  let state = seed | 0 || 1
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  const below = (bound: number): number => next() % bound
  return {
    below,
    pick: choices => choices[below(choices.length)] as (typeof choices)[number],
    chance: probability => next() / 0x1_0000_0000 < probability,
  }
}

const methods = ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND', 'QUERY', 'REPORT']
const oddMethods = ['get', 'TRACE', 'FOO', 'PRI', 'G ET', '', 'CONNECT', 'M-SEARCH', 'SOURCE']
const targets = [
  '/',
  '/a/b?c=d&e[]=1',
  '/%2e%2e/x',
  '/a//b;c=d',
  '/v2/_catalog?n=100',
  'http://tool/a?b',
  'http://tool:80/a',
  'HTTP://tool',
  '/~user/!$&()*+,;=:@',
]
const oddTargets = [
  '*',
  '',
  'a',
  '/a#b',
  '/a|b',
  '/a b',
  'http://other/',
  'ftp://tool/',
  '//tool',
  '/\xe9',
  'tool:443',
  '/<x>',
]
const hosts = ['tool', 'tool:80', 'TOOL', 'c-a.b.svc']
const oddHosts = ['', 'tool:', 'a b', 'a,b', '[::1]', '[::1]:8080', 'tool:99999', '-', 'x/y', 'a@b']
const names = [
  'Accept',
  'X-Request-Id',
  'user-agent',
  'COOKIE',
  'x_y',
  "a!#$%&'*+-.^_`|~9",
  'Via',
  'TE',
  'If-None-Match',
]
const oddNames = [
  'A b',
  'A ',
  ' A',
  '',
  'A:',
  'é',
  'A\x00',
  'A\t',
  '(x)',
  'Content Length',
  'Transfer_Encoding',
]
const values = [
  '',
  'x',
  '  spaced \t ',
  'a, b',
  'text/html;q=0.9',
  'caf\xe9',
  '"quoted"',
  'a:b',
  'x'.repeat(300),
]
const oddValues = ['a\x00b', 'a\x7fb', 'a\rb', 'a\nb', 'a\r\n b', 'a\x0bb', '\x01']
const special: readonly (readonly [string, string])[] = [
  ['Connection', 'close'],
  ['Connection', 'keep-alive, x-y'],
  ['Connection', 'Upgrade'],
  ['Upgrade', 'websocket'],
  ['Expect', '100-continue'],
  ['Authorization', 'Bearer t'],
  ['Keep-Alive', 'timeout=5'],
  ['Proxy-Connection', 'keep-alive'],
]
const oddSpecial: readonly (readonly [string, string])[] = [
  ['Content-Length', '3'],
  ['content-length', '+3'],
  ['Content-Length', '3, 3'],
  ['Content-Length', '0x3'],
  ['Content-Length', '03'],
  ['Content-Length', ' 3 '],
  ['Content-Length', '99999999999999999999'],
  ['Transfer-Encoding', 'chunked'],
  ['Transfer-Encoding', 'gzip, chunked'],
  ['Transfer-Encoding', 'chunked, identity'],
  ['Transfer-Encoding', 'xchunked'],
  ['Transfer-Encoding', '\x0bchunked'],
  ['Transfer-encoding', 'CHUNKED'],
  ['Host', 'tool'],
  ['Authorization', 'Basic eA=='],
  ['Expect', 'more'],
]
const phrases = ['OK', '', 'Not Found', 'caf\xe9', 'a\tb']
const statuses = ['200', '201', '204', '206', '301', '304', '401', '404', '500', '503', '999', '299']
const oddStatuses = ['20', '2000', '20x', '099', '', ' 200']

const chunkedBody = (random: Random): string => {
  let text = ''
  for (let count = random.below(4); count > 0; count--) {
    const data = 'abcdefgh'.repeat(random.below(5) + 1).slice(random.below(7))
    const size = data.length.toString(16)
    const spelled = random.pick([size, size.toUpperCase(), `0${size}`, size, size])
    text += data.length === 0 ? '' : `${spelled}${random.chance(0.01) ? ';x=y' : ''}\r\n${data}\r\n`
  }
  const trailers = random.chance(0.2)
    ? random.pick(['X-Sum: 1\r\n', 'X-A:\r\nX-B: c\r\n', 'Content-Length: 1\r\n'])
    : ''
  return `${text}${random.pick(['0', '0', '0', '00'])}\r\n${trailers}\r\n`
}

const plainBody = (random: Random): string => 'GET / HTTP/1.1\r\n\r\n0123456789'.slice(0, random.below(28))

const fieldsOf = (random: Random): string[] => {
  const lines: string[] = []
  for (let count = random.below(6); count > 0; count--) {
    const name = random.chance(0.02) ? random.pick(oddNames) : random.pick(names)
    const value = random.chance(0.02) ? random.pick(oddValues) : random.pick(values)
    lines.push(`${name}:${random.pick([' ', '', '  ', '\t'])}${value}`)
  }
  if (random.chance(0.3)) lines.push(random.pick(special).join(': '))
  if (random.chance(0.06)) lines.push(random.pick(oddSpecial).join(': '))
  return lines
}

const assembled = (random: Random, first: string, lines: string[]): string => {
  const framing = random.below(4)
  let body = ''
  if (framing === 0) {
    body = chunkedBody(random)
    lines.push(`Transfer-Encoding: ${random.pick(['chunked', 'Chunked', 'chunked '])}`)
  } else if (framing === 1) {
    body = plainBody(random)
    lines.push(`${random.pick(['Content-Length', 'content-length'])}: ${body.length}`)
  }
  const shuffled = lines.map(line => [random.below(1000), line] as const).sort(([a], [b]) => a - b)
  return `${first}\r\n${shuffled.map(([, line]) => `${line}\r\n`).join('')}\r\n${body}`
}

const damages: readonly string[] = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  '0',
  'f',
  '\x7f',
  '\xff',
  ',',
  '/',
  'chunked',
]

const damaged = (random: Random, text: string): string => {
  const at = random.below(text.length + 1)
  switch (random.below(4)) {
    case 0:
      return text.slice(0, at) + random.pick(damages) + text.slice(at)
    case 1:
      return text.slice(0, at) + text.slice(at + 1)
    case 2:
      return text.slice(0, at) + random.pick(damages) + text.slice(at + 1)
    default: {
      const lines = text.split('\r\n')
      const from = random.below(lines.length)
      lines.splice(random.below(lines.length), 0, lines[from] as string)
      return lines.join('\r\n')
    }
  }
}

const maybeDamaged = (random: Random, text: string): string => {
  let result = text
  while (random.chance(0.35)) result = damaged(random, result)
  return result
}

export const randomRequest = (random: Random): string => {
  const method = random.chance(0.03) ? random.pick(oddMethods) : random.pick(methods)
  const target = random.chance(0.05) ? random.pick(oddTargets) : random.pick(targets)
  const version = random.chance(0.05)
    ? random.pick(['HTTP/1.0', 'HTTP/2.0', 'HTTP/1.2', 'http/1.1'])
    : 'HTTP/1.1'
  const lines = fieldsOf(random)
  const host = target.includes('://') ? 'tool' : random.pick(hosts)
  if (!random.chance(0.02)) lines.push(`Host: ${random.chance(0.03) ? random.pick(oddHosts) : host}`)
  return maybeDamaged(random, assembled(random, `${method} ${target} ${version}`, lines))
}

export const randomResponse = (random: Random): string => {
  const status = random.chance(0.03) ? random.pick(oddStatuses) : random.pick(statuses)
  const version = random.chance(0.05) ? random.pick(['HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'ICY']) : 'HTTP/1.1'
  const gap = random.chance(0.05) ? random.pick(['', '  ', '\t']) : ' '
  return maybeDamaged(
    random,
    assembled(random, `${version} ${status}${gap}${random.pick(phrases)}`, fieldsOf(random)),
  )
}
