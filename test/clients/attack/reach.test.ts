// A Connector leads to its tool: not into the proxy itself, its machine or the installation, and it does not scan.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { pods } from '../../../kube/object/resources.ts'
import { waitFor } from '../../helpers/poll.ts'
import type { Reply } from '../../helpers/proxy.ts'
import { withOtherProxy } from './other-proxy.ts'
import { okAnswer, withNginx, withRecorder } from './servers.ts'
import { type Attacked, type AuditLine, withAttacked } from './system.ts'
import { Wire } from './wire.ts'

const test = suite('clients/attack/reach')

async function ask(system: Attacked, name: string, { host = system.host, fields = '' } = {}): Promise<Reply> {
  const connection = await Wire.open(host)
  const head = `GET /namespaces/team/connectors/${name}/a HTTP/1.1\r\nHost: proxy\r\n`
  const reply = await connection.ask(`${head}Authorization: Bearer ${system.token}\r\n${fields}\r\n`)
  connection.close()
  return reply
}

/** The last one of a request through this Connector. */
function refusalOf(system: Attacked, name: string): Promise<unknown> {
  const isOwn = ({ connector, caller }: AuditLine) => connector === `team/${name}` && caller !== undefined
  return waitFor(() => system.audits().findLast(isOwn)?.['refusal'] as string)
}

const metadataServices = [
  'http://169.254.169.254',
  'http://2852039166',
  'http://0xa9fea9fe',
  'http://0251.0376.0251.0376',
  'http://[::ffff:169.254.169.254]',
  'http://[64:ff9b::a9fe:a9fe]',
  'http://[64:ff9b:1:a9fe:a9:fe00::]',
  'http://[fd00:ec2::254]',
]

test('attack: metadata services, closed ports and other protocols read alike; honest: the tool is reached', () =>
  withRecorder(
    () => okAnswer,
    tool =>
      withRecorder(
        (_, socket) => {
          socket.end('SSH-2.0-OpenSSH_9.2\r\n')
          return undefined
        },
        ssh =>
          withAttacked(async system => {
            const addresses = {
              ...Object.fromEntries(metadataServices.map((address, at) => [`metadata-${at}`, address])),
              closed: 'http://127.0.0.1:1',
              ssh: `http://${ssh.host}`,
              tls: `https://${tool.host}`,
              absent: 'http://nobody.invalid',
            }
            for (const [name, address] of Object.entries({ ...addresses, tool: `http://${tool.host}` })) {
              await system.connect(name, address, { hasSecret: false })
            }
            const answers = new Map<string, string[]>()
            for (const name of Object.keys(addresses)) {
              const { status, head, body } = await ask(system, name)
              assert.is(status, 502, `${name}: ${body}`)
              const answer = `${head}\n${body}`.replaceAll(name, 'NAME')
              answers.set(answer, [...(answers.get(answer) ?? []), name])
              if (name.startsWith('metadata'))
                assert.is(await refusalOf(system, name), 'AddressRefused', name)
            }
            assert.is(answers.size, 1, JSON.stringify([...answers]))
            assert.is((await ask(system, 'tool')).status, 200)
          }),
      ),
  ))

test('attack: loopback, denied addresses and the installation’s own pods are never asked; honest: exceptions are', () =>
  withRecorder(
    () => okAnswer,
    tool =>
      withNginx('    keepalive_timeout 0;\n    location / { return 200 ok; }', nginx =>
        withAttacked(async system => {
          await system.connect('loopback', `http://${tool.host}`)
          await system.connect('zero', `http://0.0.0.0:${tool.host.split(':')[1]}`)
          await system.connect('named', `http://localhost:${tool.host.split(':')[1]}`)
          await system.connect('nginx', `http://${nginx}`)
          const seen = tool.requests.length
          await withOtherProxy(system, [], async ({ host }) => {
            for (const name of ['loopback', 'zero', 'named', 'nginx']) {
              assert.is((await ask(system, name, { host })).status, 502, name)
            }
          })
          assert.is(tool.requests.length, seen)
          const [nginxAddress = ''] = nginx.split(':')
          const flags = [
            '--allow-loopback',
            '--upstream-deny=127.0.0.0/8',
            `--upstream-allow=${nginxAddress}`,
          ]
          await withOtherProxy(system, flags, async ({ host }) => {
            assert.is((await ask(system, 'loopback', { host })).status, 502)
            assert.is((await ask(system, 'nginx', { host })).status, 200)
          })
          assert.is(tool.requests.length, seen)
          assert.is((await ask(system, 'nginx')).status, 200)
          const pod = { namespace: 'connectors-system', name: 'own' }
          await system.client.create(pods, {
            metadata: pod,
            spec: { containers: [{ name: 'a', image: 'a' }] },
          })
          await system.client.patchStatus(pods, pod, { patch: { status: { podIP: nginxAddress } } })
          await waitFor(async () => (await ask(system, 'nginx')).status === 502, {
            what: 'its own pod to be refused',
          })
          assert.is(await refusalOf(system, 'nginx'), 'AddressRefused')
          assert.is((await ask(system, 'loopback')).status, 200)
        }),
      ),
  ))

test('attack: a Connector that leads back to the proxy is one round; honest: the same relay to a tool works', () =>
  withAttacked(async system => {
    const locations = `    location / { proxy_pass http://${system.host}; }\n    location /tool/ { return 200 ok; }`
    await withNginx(locations, async relay => {
      await system.connect('straight', `http://${system.host}/namespaces/team/connectors/straight`)
      await system.connect('relayed', `http://${relay}/namespaces/team/connectors/relayed`)
      await system.connect('tool', `http://${relay}/tool`)
      for (const name of ['straight', 'relayed']) {
        const { status, body } = await ask(system, name)
        assert.equal([status, JSON.parse(body).reason], [508, 'LoopDetected'])
        const ownPath = `/namespaces/team/connectors/${name}/a`
        const rounds = () => system.audits().filter(({ path }) => path === ownPath)
        await waitFor(() => rounds().length >= 2)
        assert.is(rounds().length, 2, 'the request and the round')
      }
      assert.is((await ask(system, 'tool')).status, 200)
      const marked = await ask(system, 'tool', { fields: 'Connectors-Hop: 1\r\n' })
      assert.is(marked.status, 508)
    })
  }))

test.run()
