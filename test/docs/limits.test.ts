// Policy: each bound of docs/limits.md has its figures from the code, and a test.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { maxVolumeBytes } from '../../connector/render.ts'
import { parseControllerConfig } from '../../controller/config.ts'
import { longestJointToken } from '../../csi/seal.ts'
import { defaultLimits } from '../../http/message/limits.ts'
import { parseProxyConfig } from '../../proxy/config.ts'
import { connectTimeoutMs } from '../../proxy/tool-origins.ts'
import { maxSealLength } from '../../seal/sealed-token.ts'

type Bound = {
  readonly figures?: readonly (number | string)[]
  readonly test: readonly [file: string, title: string]
}

const limits = defaultLimits
const seconds = (ms: number) => `${ms / 1000} s`
const minutes = (ms: number) => `${ms / 60_000} min`
const kibibytes = (bytes: number) => `${bytes / 1024} KiB`
const mebibytes = (bytes: number) => `${bytes / 1024 / 1024} MiB`
const byDefault = { argv: [], env: {} }
const { requestsPerCaller: requests, tunnelsPerCaller: tunnels, streamMaxMs } = parseProxyConfig(byDefault)

const table = 'http/h1/connection-table'
const lifetimes = 'http/h1/lifetimes'
const sealed = 'proxy/sealed-tokens'

/** By the first cell of its row. */
const bounds: Readonly<Record<string, Bound>> = {
  'connections, all': { figures: [limits.connections], test: [table, 'strangers give way first'] },
  'connections that nobody owns yet': {
    figures: [limits.unownedPerPeer],
    test: [table, 'others feel nothing'],
  },
  'connections of an address': {
    figures: [limits.connectionsPerPeer],
    test: [table, 'an address whose connections are all busy'],
  },
  'connections of callers': {
    figures: [limits.connectionsPerCaller, limits.connectionsPerAccount],
    test: [table, 'a caller and its account have so many'],
  },
  'a request’s head': {
    figures: [seconds(limits.headerTimeoutMs)],
    test: [lifetimes, 'a head that does not arrive'],
  },
  'silence, also within a body': {
    figures: [minutes(limits.idleTimeoutMs)],
    test: [lifetimes, 'in time ends idle connections'],
  },
  'request line; head; fields; elements of `Connection`': {
    figures: [kibibytes(limits.requestLineBytes), kibibytes(limits.headBytes), limits.headerFields],
    test: ['http/h1/attacks', 'over its bounds is refused'],
  },
  'sent ahead (pipelined, or a body before the decision)': {
    figures: [kibibytes(limits.aheadBytes)],
    test: ['http/h1/bounds', 'sent ahead of the decision'],
  },
  'what a client still sends after an early answer': {
    figures: [mebibytes(limits.lingerBytes), seconds(limits.lingerTimeoutMs)],
    test: ['http/h1/bounds', 'after its answer'],
  },
  'requests under way': {
    figures: [requests, requests * 4],
    test: ['proxy/budgets', 'a caller has so many requests'],
  },
  'requests whose client has left': {
    figures: [requests, requests * 4, seconds(limits.leftTimeoutMs)],
    test: ['proxy/budgets', 'requests whose client has left'],
  },
  tunnels: { figures: [tunnels, tunnels * 4], test: ['proxy/budgets', 'tunnels are counted apart'] },
  'a tunnel’s or transfer’s right': {
    figures: [seconds(limits.recheckIntervalMs)],
    test: ['proxy/running', 'a tunnel and a transfer end when'],
  },
  'a tunnel or transfer after its token’s expiry': {
    figures: [`${streamMaxMs / 3_600_000} h`],
    test: ['proxy/running', 'outlives the expiry of its token'],
  },
  'an answer’s head': {
    figures: [minutes(limits.responseHeadTimeoutMs)],
    test: [lifetimes, 'answers for a tool'],
  },
  'an answer’s head from the tool': {
    figures: [limits.informationalResponses],
    test: ['http/h1/relay', 'that are malformed are a 502'],
  },
  'answers that are read whole': { figures: [8], test: ['proxy/answers', 'so many answers of one caller'] },
  'memory for answers that are read whole': {
    figures: ['32 MiB'],
    test: ['proxy/budgets', 'the memory for bodies is full'],
  },
  'an answer of the Git LFS API; JSON that is searched whole': {
    figures: ['2 MiB', '256 KiB'],
    test: ['proxy/answers', 'JSON that repeats the injected value'],
  },
  'tokens not seen lately': {
    figures: [8, 128, 32],
    test: ['kube/review/token-review', 'a flood of unknown tokens'],
  },
  'permissions not asked for lately': {
    figures: [512, 128],
    test: ['runtime/fair-lanes', 'a rate is a payer’s own'],
  },
  'renewals of what was allowed': {
    figures: [1024],
    test: ['runtime/fair-lanes', 'waits too long, or is one too many'],
  },
  'kept allows': { figures: [10_000, 20_000], test: ['runtime/bounded-map', 'an owner drives out its own'] },
  'kept denies': { figures: [seconds(5000)], test: ['kube/review/review-cache', 'denies evict no allow'] },
  'seals that are opened': { figures: [128, 32], test: ['runtime/fair-lanes', 'payers take turns'] },
  'opened seals; seals that did not open': {
    figures: [10_000, 2500],
    test: ['runtime/bounded-map', 'an entry that changes its owner'],
  },
  'seals for a key that is not known': {
    figures: [seconds(5000)],
    test: [sealed, 'names of keys that do not exist'],
  },
  'a token; a seal': { figures: [maxSealLength], test: [sealed, 'refused without a key costs'] },
  'idle connections to tools': {
    figures: [limits.idleUpstreamsPerKey, limits.idleUpstreams],
    test: [lifetimes, 'on idle connections to tools'],
  },
  'an idle connection to a tool': {
    figures: [seconds(limits.idleUpstreamTimeoutMs)],
    test: [lifetimes, 'in time drops idle connections'],
  },
  'dialling, with look-up and TLS handshake': {
    figures: [seconds(connectTimeoutMs)],
    test: ['tool/dial/dial', 'gives up on a handshake that does not end'],
  },
  'look-ups of names': { figures: [2, 1024], test: ['tool/dial/lookups', 'slow waits among the slow'] },
  'answers of 401': { figures: [30], test: ['proxy/budgets', 'is stopped alone'] },
  'answers of 401 and nothing else': { figures: [3, 20], test: ['proxy/budgets', 'tried now and then'] },
  'audit lines of requests that nobody owns': {
    figures: [64, 16],
    test: ['proxy/budgets', 'strangers fill no log'],
  },
  'a path in an audit line; a line of the log': {
    figures: ['2 KiB', '16 KiB'],
    test: ['runtime/log', 'too much of it, loses its fields'],
  },
  'the same failure in the log': { figures: [seconds(10_000)], test: ['runtime/throttle', 'told'] },
  'output that nobody reads': {
    figures: ['64 KiB'],
    test: ['runtime/line-writer', 'waits for a slow reader'],
  },
  'label sets of metrics': { figures: [20_000], test: ['runtime/metrics', 'label sets are bounded'] },
  'connections of the health port': { figures: [64], test: ['runtime/health', 'taken all places'] },
  'events that wait': { figures: [1000], test: ['kube/work/event-recorder', 'within the bound'] },
  Connectors: { figures: [16], test: ['csi/attributes', 'nonsense is refused'] },
  'a token for all of a volume’s Connectors': {
    figures: [longestJointToken],
    test: ['csi/seal', 'names the limit'],
  },
  'all files': { figures: [mebibytes(maxVolumeBytes)], test: ['csi/publish', 'more than a volume holds'] },
  'an attribute': { figures: ['64 KiB'], test: ['csi/attributes', 'nonsense is refused'] },
  'a template: output, steps, depth of calls, CPU': {
    figures: ['1 MiB', 1_000_000, 1000, '250 ms'],
    test: ['gotemplate/template', 'passing a limit is an error'],
  },
  'a condition in CEL: nodes; depth; cost': {
    figures: [1000, 64, 1_000_000],
    test: ['connector/probe', 'takes too much work'],
  },
  probes: { figures: ['10 s', '1 MiB', 10], test: ['tool/request', 'reads no more than one MiB'] },
  'probes at a time': {
    figures: [2, parseControllerConfig(byDefault).probeConcurrency],
    test: ['controller/checks/results', 'asks two at one host'],
  },
  'an interface’s expression: time, memory, length': {
    figures: ['50 ms', '8 MiB', '16 KiB'],
    test: ['resource-interface/sandbox', 'ends with'],
  },
  'expressions of an interface': {
    figures: [256],
    test: ['resource-interface/resolve', 'more expressions than there may be'],
  },
}

const root = join(import.meta.dirname, '../..')
const rows = readFileSync(join(root, 'docs/limits.md'), 'utf8')
  .split('\n')
  .filter(line => /^\| (?!what \|)/.test(line))
  .map(line => line.split('|').map(cell => cell.trim().replaceAll("'", '’')))

const page = suite('docs/limits.md')

page('has a row for each of these bounds, and no other', () => {
  assert.equal(
    rows.map(([, what]) => what),
    Object.keys(bounds),
  )
})

page('says how much, whose, what happens and who else feels it', () => {
  for (const cells of rows) assert.equal([cells.length, cells.slice(1, 6).includes('')], [7, false], cells[1])
})

for (const [, what = '', howMuch = ''] of rows) {
  const { figures = [], test } = bounds[what] ?? { test: ['', ''] }
  page(`has the figures of the code, and a test: ${what}`, () => {
    const found = howMuch.replaceAll(',', '').match(/\d+(?: (?:KiB|MiB|min|ms|s|h)\b)?/g) ?? []
    const has = (figure: string) => found.some(text => text === figure || text.split(' ')[0] === figure)
    assert.equal(
      figures.map(String).filter(figure => !has(figure)),
      [],
    )
    const [file, title] = test
    const text = readFileSync(join(root, 'test', `${file}.test.ts`), 'utf8')
    assert.ok(text.includes(title), `${file} has no test "${title}"`)
  })
}

page.run()
