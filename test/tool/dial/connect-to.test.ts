import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseConnectTo } from '../../../tool/dial/connect-to.ts'

const test = suite('tool/dial/connect-to')

test('reads mappings, each end in its normal form', () => {
  const entries = ['Git.Example.com.:443=127.1:8443', '[::1]:80=[::1]:8080']
  assert.equal(
    [...parseConnectTo(entries)],
    [
      ['git.example.com:443', { host: '127.0.0.1', port: 8443 }],
      ['::1:80', { host: '::1', port: 8080 }],
    ],
  )
})

for (const entry of ['', 'a:1', 'a=b', 'a:1=b', 'a:0=b:1', 'a:1=b:65536', 'a:1=b:2=c:3', 'a b:1=c:2']) {
  test(`refuses "${entry}"`, () => assert.throws(() => parseConnectTo([entry]), /host:port=host:port/))
}
test.run()
