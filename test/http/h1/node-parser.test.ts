// Whatever our parser accepts, Node's accepts with the same meaning. HTTP1_CASES and HTTP1_SEED make longer runs.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { randomFrom, randomRequest, randomResponse } from './random-messages.ts'
import { type MessageKind, readNodes, readOurs } from './read-message.ts'

const cases = Number(process.env['HTTP1_CASES'] ?? 100_000)
const seed = Number(process.env['HTTP1_SEED'] ?? 20_260_711)

const compare = (
  kind: MessageKind,
  count: number,
  generate: (random: ReturnType<typeof randomFrom>) => string,
) => {
  const random = randomFrom(seed)
  let accepted = 0
  for (let at = 0; at < count; at++) {
    const text = generate(random)
    const method = kind === 'response' && random.chance(0.1) ? 'HEAD' : 'GET'
    const bytes = Buffer.from(text, 'latin1')
    const ours = readOurs(kind, bytes, { method })
    if (ours === 'incomplete' || 'refusal' in ours) continue
    accepted++
    const nodes = readNodes(kind, bytes.subarray(0, ours.length), { method })
    assert.equal(nodes, ours, `case ${at} of seed ${seed}: ${JSON.stringify(text)}`)
    if (at % 20 === 0) assert.equal(readOurs(kind, bytes, { method, step: 1 }), ours, 'byte by byte')
  }
  assert.ok(
    accepted > count / 4,
    `only ${accepted} of ${count} were accepted: the comparison says too little`,
  )
}

const parsers = suite('our parser and the one of Node')

parsers('mean the same by every request that ours accepts', () =>
  compare('request', cases / 2, randomRequest),
)

parsers('mean the same by every response that ours accepts', () =>
  compare('response', cases / 2, randomResponse),
)

parsers.run()
