import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseControllerConfig } from '../../controller/config.ts'

const test = suite('controller/config')
const parse = (...argv: string[]) => parseControllerConfig({ argv, env: {} })

test('has a default for everything', () => {
  const config = parse()
  assert.equal(config.proxy, { clusterDomain: 'cluster.local', systemNamespace: 'connectors-system' })
  assert.is(config.probeIntervalMs, 300_000)
  assert.is(config.probeConcurrency, 32)
  assert.is(config.scopeGrants, true)
  assert.is(config.connectTo.size, 0)
  assert.ok(Object.isFrozen(config))
})

test('takes each setting', () => {
  const config = parse(
    '--cluster-domain=corp.example',
    '--proxy-exposed-url=http://127.0.0.1:8080/',
    '--scope-grants=false',
    '--connect-to=a:1=b:2',
    '--connect-to=c:3=d:4',
  )
  assert.is(config.proxy.clusterDomain, 'corp.example')
  assert.is(config.proxy.exposedUrl, 'http://127.0.0.1:8080')
  assert.is(config.scopeGrants, false)
  assert.equal([...config.connectTo.keys()], ['a:1', 'c:3'])
})

test('names every problem at once', () => {
  const wrong = [
    '--cluster-domain=a b',
    '--proxy-exposed-url=x',
    '--probe-concurrency=0',
    '--connect-to=a',
    '--x',
  ]
  assert.throws(
    () => parse(...wrong),
    (error: Error) =>
      ['--cluster-domain', '--proxy-exposed-url', '--probe-concurrency', '--connect-to', '--x'].every(flag =>
        error.message.includes(flag),
      ),
  )
})

test.run()
