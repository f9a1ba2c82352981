import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectorsError } from '../../connector/errors.ts'
import { Sensitive } from '../../connector/sensitive.ts'
import { createLog, type LogLevel } from '../../runtime/log.ts'
import { createManualClock } from './manual-clock.ts'

const test = suite('runtime/log')

function capture(level: LogLevel = 'info') {
  const lines: string[] = []
  const log = createLog({
    component: 'proxy',
    level,
    clock: createManualClock(),
    write: line => lines.push(line),
  })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '') }
}

test('writes one JSON line with time, level, component, message and fields', () => {
  const { log, lines } = capture()
  log.info('served', { status: 200 })
  assert.is(lines.length, 1)
  assert.ok(lines[0]?.endsWith('}\n'))
  assert.equal(JSON.parse(lines[0] ?? ''), {
    time: '2026-01-01T00:00:00.000Z',
    level: 'info',
    component: 'proxy',
    message: 'served',
    status: 200,
  })
})

test('says nothing below its level', () => {
  const { log, lines } = capture('warn')
  log.info('quiet')
  log.warn('heard')
  log.error('heard')
  assert.is(lines.length, 2)
})

test('a secret is never printed, however deep it lies', () => {
  const { log, lines } = capture()
  log.info('x', { token: new Sensitive('hunter2'), deep: { list: [new Sensitive('hunter2')] } })
  log.info('x', { error: new ConnectorsError('INVALID', 'Bad', `with ${new Sensitive('hunter2')}`) })
  assert.not.match(lines.join(), 'hunter2')
  assert.match(lines.join(), '[redacted]')
})

test('a failure has code and reason, a bug has its stack', () => {
  const { log, last } = capture()
  const cause = new Error('socket hang up')
  log.error('failed', { error: new ConnectorsError('TIMEOUT', 'Slow', 'Cannot wait', { cause }) })
  assert.equal(last().error, {
    code: 'TIMEOUT',
    reason: 'Slow',
    message: 'Cannot wait',
    cause: 'socket hang up',
  })
  log.error('failed', { error: new TypeError('x is undefined') })
  assert.match(last().error.stack, 'log.test.ts')
})

test('a field cannot forge a line, a level or a message', () => {
  const { log, lines, last } = capture()
  log.info('real', { level: 'error', message: 'forged', evil: '\n{"level":"error"}' })
  assert.is(lines[0]?.split('\n').length, 2)
  assert.equal([last().level, last().message], ['info', 'real'])
})

test('what is no JSON, or too much of it, loses its fields and not its line', () => {
  const { log, last } = capture()
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  log.info('cycle', { cycle })
  assert.equal([last().message, last().omitted], ['cycle', 'fields that are not JSON'])
  log.info('long', { text: 'x'.repeat(100_000) })
  assert.equal([last().message, last().text], ['long', undefined])
  log.info('big', { n: 10n })
  assert.is(last().n, '10')
})

test.run()
