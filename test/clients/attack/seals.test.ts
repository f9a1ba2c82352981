// A token that is sealed for some Connectors opens these and nothing else, whatever is done to it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { pods, secrets } from '../../../kube/object/resources.ts'
import { createSealingKey, type SealingKey, sealingSecretName } from '../../../seal/sealing-keys.ts'
import { callApi } from '../../helpers/control-plane.ts'
import { waitFor } from '../../helpers/poll.ts'
import { base64, type Tool } from '../../helpers/proxy.ts'
import { withOtherProxy } from './other-proxy.ts'
import { mountedToken } from './pods.ts'
import { okAnswer, withRecorder } from './servers.ts'
import { type Attacked, sealWith, withAttacked } from './system.ts'
import { Wire } from './wire.ts'

const test = suite('clients/attack/seals')

function withThree(use: (system: Attacked, tool: Tool) => Promise<void>): Promise<void> {
  return withRecorder(
    () => okAnswer,
    tool =>
      withAttacked(async system => {
        for (const name of ['one', 'two', 'three']) await system.connect(name, `http://${tool.host}`)
        await use(system, tool)
      }),
  )
}

/** The ways to name a Connector. */
const places = {
  host: (name: string) => [`c-${name}.team`, '/a'] as const,
  'long host': (name: string) => [`c-${name}.team.svc.cluster.local`, '/a'] as const,
  path: (name: string) => ['proxy', `/namespaces/team/connectors/${name}/a`] as const,
}

/** The ways to show a token. */
const carriers = {
  Bearer: (token: string) => [`Authorization: Bearer ${token}`],
  Basic: (token: string) => [`Authorization: Basic ${base64(`user:${token}`)}`],
  'Basic without a user': (token: string) => [`Authorization: Basic ${base64(`:${token}`)}`],
  'Basic without a colon': (token: string) => [`Authorization: Basic ${base64(token)}`],
}

async function ask(
  { wire }: Pick<Attacked, 'wire'>,
  [host, path]: readonly [string, string],
  fields: readonly string[],
): Promise<{ readonly status: number; readonly body: string }> {
  const connection = await wire()
  const lines = [`GET ${path} HTTP/1.1`, `Host: ${host}`, ...fields]
  const reply = await connection.ask(`${lines.join('\r\n')}\r\n\r\n`)
  connection.close()
  return reply
}

test('attack: a seal opens no other Connector of its account, in no form; honest: it opens its own in each', () =>
  withThree(async system => {
    const single = await system.seal(system.token, ['team/one'])
    const joint = await system.seal(system.token, ['team/one', 'team/two'])
    for (const [placeName, place] of Object.entries(places)) {
      for (const [carrierName, carry] of Object.entries(carriers)) {
        const at = `${placeName}, ${carrierName}`
        assert.is((await ask(system, place('one'), carry(single))).status, 200, at)
        assert.is((await ask(system, place('two'), carry(joint))).status, 200, at)
        for (const [token, name] of [
          [single, 'two'],
          [joint, 'three'],
        ] as const) {
          const refused = await ask(system, place(name), carry(token))
          assert.is(refused.status, 403, at)
          assert.match(refused.body, /SealedForOthers/, at)
        }
      }
    }
  }))

test('attack: no trick with headers lends a seal the rights of another token', () =>
  withThree(async (system, tool) => {
    const single = await system.seal(system.token, ['team/one'])
    const before = tool.requests.length
    for (const fields of [
      [`Authorization: Bearer ${single}`, `Authorization: Bearer ${system.token}`],
      [`Authorization: Bearer ${single}`, `Proxy-Authorization: Bearer ${system.token}`],
      [`Authorization: Bearer ${single}, Bearer ${system.token}`],
      [`Authorization: Bearer ${single}`, `PRIVATE-TOKEN: ${system.token}`],
      [`Authorization: Bearer ${single}`, `X-Forwarded-Host: c-one.team`, 'X-Original-URL: /'],
      [`Proxy-Authorization: Bearer ${system.token}`],
    ]) {
      const { status } = await ask(system, places.host('two'), fields)
      assert.ok([400, 401, 403].includes(status), `${status} ${fields.map(field => field.slice(0, 30))}`)
    }
    assert.is(tool.requests.length, before)
    const forged = await ask(
      system,
      ['c-one.team', '/namespaces/team/connectors/two/a'],
      [`Authorization: Bearer ${single}`],
    )
    assert.is(forged.status, 400, 'both names at once')
  }))

test('attack: what is not as it was sealed opens nothing; honest: a new seal of the same token does', () =>
  withThree(async system => {
    const keys = await system.sealingKeys()
    const current = keys.at(-1) as SealingKey
    const good = await system.seal(system.token, ['team/one'])
    const parts = good.split('.')
    const flipped = (at: number) =>
      parts.map((part, index) =>
        index === at ? `${part.slice(0, -2)}${part.endsWith('A') ? 'BB' : 'AA'}` : part,
      )
    const over = { issuedAt: 0, expiresAt: Math.floor(Date.now() / 1000) - 1 }
    for (const [name, token] of [
      ['a changed header', flipped(0).join('.')],
      ['a changed nonce', flipped(2).join('.')],
      ['a changed text', flipped(3).join('.')],
      ['a changed tag', flipped(4).join('.')],
      ['one that is cut', good.slice(0, -4)],
      ['one of a key that is not there', sealWith(createSealingKey(0), system.token, ['team/one'])],
      [
        'one of another key by our name',
        sealWith({ ...createSealingKey(0), kid: current.kid }, system.token, ['team/one']),
      ],
      ['a seal in a seal', await system.seal(good, ['team/one'])],
      ['one that is over', sealWith(current, system.token, ['team/one'], over)],
      ['one of a token that is nobody’s', await system.seal('aaaa.bbbb.cccc', ['team/one'])],
      [
        'one of a token for another audience',
        await system.seal(await system.tokenOf('team', 'ci', { audiences: ['other'] }), ['team/one']),
      ],
    ] as const) {
      const { status, body } = await ask(system, places.host('one'), carriers.Bearer(token))
      assert.is(status, 401, `${name}: ${body}`)
    }
    const anew = await system.seal(system.token, ['team/one'])
    assert.is((await ask(system, places.host('one'), carriers.Bearer(anew))).status, 200)
  }))

test('attack: a seal is not a token of the API server, nor are the rights of its account those of another', () =>
  withThree(async system => {
    const outsider = await system.addTeam('other')
    const seal = await system.seal(outsider, ['team/one'])
    assert.is((await ask(system, places.host('one'), carriers.Bearer(seal))).status, 403)
    const config = await system.kubeconfig()
    for (const token of [await system.seal(system.token, ['team/one']), system.token]) {
      const { status } = await callApi({ ...config, token }, 'GET', '/api/v1/namespaces/team/secrets', {})
      assert.is(status, 401, 'the audience is not the API server’s')
    }
  }))

test('attack: a key that was dropped opens nothing more, not even what it has opened; honest: what is sealed anew works', () =>
  withThree(async system => {
    const old = await system.seal(system.token, ['team/one'])
    assert.is((await ask(system, places.host('one'), carriers.Bearer(old))).status, 200)
    const dropped = (await system.sealingKeys()).map(({ kid }) => kid)
    const annotations = { 'connectors.cpaas.io/rotate': 'now' }
    const ref = { namespace: 'connectors-system', name: sealingSecretName }
    await system.client.patch(secrets, ref, { patch: { metadata: { annotations } } })
    await waitFor(async () => (await system.sealingKeys()).every(({ kid }) => !dropped.includes(kid)))
    // Of the same token: the proxy goes on knowing that.
    const anew = await system.seal(system.token, ['team/one'])
    await waitFor(async () => {
      assert.is((await ask(system, places.host('one'), carriers.Bearer(anew))).status, 200)
      return (await ask(system, places.host('one'), carriers.Bearer(old))).status === 401
    })
  }))

test('attack: the token in a pod’s volume opens the volume’s Connectors alone, and ends with the pod; honest: these', () =>
  withThree(async system => {
    const pod = { name: 'build', account: 'ci', connectors: ['team/one', 'team/two'] }
    const mounted = await mountedToken(system, pod)
    assert.not.ok(mounted.includes(system.token))
    for (const name of ['one', 'two'])
      assert.is((await ask(system, places.host(name), carriers.Bearer(mounted))).status, 200)
    const refused = await ask(system, places.host('three'), carriers.Bearer(mounted))
    assert.is(refused.status, 403)
    assert.match(refused.body, /SealedForOthers/)
    await withOtherProxy(system, ['--allow-loopback', '--unsealed-tokens=false'], async ({ host }) => {
      const strict = { wire: () => Wire.open(host) }
      assert.is((await ask(strict, places.host('one'), carriers.Bearer(system.token))).status, 401)
      assert.is((await ask(strict, places.host('one'), carriers.Bearer(mounted))).status, 200)
    })
    await system.client.delete(pods, { namespace: 'team', name: 'build' })
    // Another proxy has not seen the token: that of before may go on knowing it for 60 s.
    await withOtherProxy(system, ['--allow-loopback'], async ({ host }) => {
      const unaware = { wire: () => Wire.open(host) }
      assert.is((await ask(unaware, places.host('one'), carriers.Bearer(mounted))).status, 401)
      assert.is((await ask(unaware, places.host('one'), carriers.Bearer(system.token))).status, 200)
    })
  }))

test.run()
