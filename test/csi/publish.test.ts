// The driver on its socket: publish, refresh, failure, unpublish, as kubelet does them.
import { mkdir, readdir, readlink, realpath, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ConnectorsError } from '../../connector/errors.ts'
import { connectorClasses, connectors, events } from '../../kube/object/resources.ts'
import { createConnector, proxyUrl, token, tokensJson, withDriver } from '../helpers/csi-driver.ts'
import { waitFor } from '../helpers/poll.ts'

const test = suite('csi/publish')
const git = { connectors: 'repo', 'configuration.names': 'gitconfig' }

async function failureOf(promise: Promise<unknown>): Promise<ConnectorsError> {
  return (await promise.then(
    () => assert.unreachable('it did not fail'),
    (caught: unknown) => caught,
  )) as ConnectorsError
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

test('a volume holds the built-in files and the configuration', async () => {
  await withDriver(async ({ csi, volume, files, logged }) => {
    const published = volume(git)
    await csi.publishVolume(published)
    assert.equal(await files(published), {
      '.gitconfig': `repo ${token}\n`,
      'connector.status.proxyAddress': proxyUrl,
      'context.token': token,
    })
    assert.is((await stat(join(published.targetPath, 'context.token'))).mode & 0o777, 0o444)
    assert.is((await stat(published.targetPath)).mode & 0o777, 0o700)
    assert.ok(logged.some(line => line.includes('"outcome":"mounted"')))
  })
})

test('a refresh writes what changed, and nothing when nothing did', async () => {
  await withDriver(async ({ csi, client, volume, files }) => {
    const published = volume(git)
    const setOf = () => readlink(join(published.targetPath, '..data'))
    await csi.publishVolume(published)
    const first = await setOf()
    await csi.publishVolume(published)
    assert.is(await setOf(), first)

    await csi.publishVolume(volume(git, { token: 'a.newer.token' }))
    assert.is((await files(published))['context.token'], 'a.newer.token')
    assert.is.not(await setOf(), first)

    const configurations = [{ name: 'gitconfig', data: { other: 'x' } }]
    await client.patch(connectorClasses, { name: 'git' }, { patch: { spec: { configurations } } })
    await waitFor(async () => {
      await csi.publishVolume(published)
      return (await files(published))['other']
    })
    assert.is((await files(published))['.gitconfig'], undefined)
    assert.is((await readdir(published.targetPath)).includes('.gitconfig'), false)
  })
})

test('a template that prints the time is rendered again when something changed, and else left alone', async () => {
  const configurations = [{ name: 'gitconfig', data: { at: '{{ now | unixEpoch }}{{ uuidv4 }}' } }]
  await withDriver(
    async ({ csi, volume, files, restart }) => {
      const published = volume(git)
      await csi.publishVolume(published)
      const first = await files(published)
      await csi.publishVolume(published)
      await restart()
      await csi.publishVolume(published)
      assert.equal(await files(published), first)
      await csi.publishVolume(volume(git, { token: 'a.newer.token' }))
      assert.is.not((await files(published))['at'], first['at'])
    },
    { configurations },
  )
})

test('a file that was damaged is written again', async () => {
  await withDriver(async ({ csi, volume, files }) => {
    const published = volume(git)
    await csi.publishVolume(published)
    const whole = await files(published)
    const path = await realpath(join(published.targetPath, 'context.token'))
    await unlink(path)
    await writeFile(path, '')
    await unlink(join(published.targetPath, '.gitconfig'))
    await csi.publishVolume(published)
    assert.equal(await files(published), whole)
  })
})

test('an older token that comes late does not take the place of a newer one', async () => {
  const now = Math.floor(Date.now() / 1000)
  const issued = (iat: number) =>
    `e30.${Buffer.from(JSON.stringify({ iat, exp: iat + 3600 })).toString('base64url')}.x`
  await withDriver(async ({ csi, client, volume, files }) => {
    const publishToken = async (value: string, attributes: Record<string, string> = git) => {
      await csi.publishVolume(volume(attributes, { token: value }))
      return (await files(volume(git)))['context.token']
    }
    const long = { ...git, 'token.expiration': '1h' }
    assert.is(await publishToken(issued(now), long), issued(now))
    assert.is(await publishToken(issued(now - 60)), issued(now))
    assert.is(await publishToken(issued(now + 60)), issued(now + 60))
    // What lasts as long as it was asked to is no reason for a warning.
    assert.equal((await client.list(events, { namespace: 'team' })).items, [])
  })
})

test('a refresh that fails keeps the files, succeeds and tells the pod', async () => {
  await withDriver(async ({ csi, client, volume, files, metricsUrl, logged }) => {
    const published = volume(git)
    await csi.publishVolume(published)
    const before = await files(published)
    await client.delete(connectors, { namespace: 'team', name: 'repo' })
    await waitFor(async () => {
      await csi.publishVolume(published)
      return logged.some(line => line.includes('"outcome":"kept"'))
    })
    assert.equal(await files(published), before)
    const event = await waitFor(async () =>
      (await client.list(events, { namespace: 'team' })).items.find(
        item => item.reason === 'VolumeRefreshFailed',
      ),
    )
    assert.is(event.involvedObject?.name, 'build')
    assert.match(await (await fetch(`${metricsUrl}/metrics`)).text(), /outcome="kept"\} [1-9]/)
    await csi.publishVolume({ ...published, volumeContext: { ...published.volumeContext, nonsense: '1' } })
    assert.equal(await files(published), before)
  })
})

test('what kubelet asks for each minute does not fill the log', async () => {
  await withDriver(async ({ csi, plane, volume, logged }) => {
    const published = volume(git)
    for (let at = 0; at < 3; at++) await csi.publishVolume(published)
    assert.is(logged.filter(line => line.includes('volume published')).length, 1)
    plane.faults.inject({ answer: 500 })
    // Each asks about another account, and fails.
    for (const serviceAccount of ['a', 'b', 'c']) await csi.publishVolume(volume(git, { serviceAccount }))
    assert.is(logged.filter(line => line.includes('volume not refreshed')).length, 1)
  })
})

const refusals: readonly [
  name: string,
  attributes: Record<string, string>,
  changes: object,
  code: string,
  words: RegExp,
][] = [
  ['a writable volume', git, { readonly: false }, 'INVALID', /readOnly: true/],
  ['an unknown attribute', { ...git, colour: 'red' }, {}, 'INVALID', /configuration\.params/],
  ['no Connector', {}, {}, 'INVALID', /"connectors"/],
  ['a Connector that is not there', { connectors: 'gone' }, {}, 'NOT_FOUND', /connector "gone" not found/],
  [
    'another namespace',
    { connectors: 'other/repo' },
    {},
    'FORBIDDEN',
    /namespace "other" with get on connectors and connectors\/proxy in group/,
  ],
  [
    'a ServiceAccount without permission',
    git,
    { serviceAccount: 'stranger' },
    'FORBIDDEN',
    /"team\/repo" as system:serviceaccount:team:stranger: it needs a Role in namespace "team"/,
  ],
  ['an unknown configuration', { ...git, 'configuration.names': 'x' }, {}, 'INVALID', /gitconfig/],
  [
    'no token',
    git,
    { context: { 'csi.storage.k8s.io/serviceAccount.tokens': undefined } },
    'PRECONDITION',
    /tokenRequests/,
  ],
  [
    'a token for others',
    git,
    { context: { 'csi.storage.k8s.io/serviceAccount.tokens': '{"vault":{"token":"canary-x"}}' } },
    'PRECONDITION',
    /tokenRequests/,
  ],
  [
    'tokens that are not JSON',
    git,
    { context: { 'csi.storage.k8s.io/serviceAccount.tokens': 'canary-x' } },
    'PRECONDITION',
    /not JSON/,
  ],
  [
    'no pod information',
    git,
    { context: { 'csi.storage.k8s.io/pod.uid': undefined } },
    'PRECONDITION',
    /podInfo/,
  ],
  ["another pod's uid", git, { context: { 'csi.storage.k8s.io/pod.uid': 'else' } }, 'INVALID', /another pod/],
]

test('a first publish that fails says why and leaves nothing', async () => {
  await withDriver(async ({ csi, volume, logged }) => {
    for (const [name, attributes, changes, code, words] of refusals) {
      const refused = volume(attributes, changes)
      const failure = await failureOf(csi.publishVolume(refused))
      assert.is(failure.code, code, name)
      assert.match(failure.message, words, name)
      assert.is(/\n|canary/.test(failure.message), false, name)
      assert.is(await exists(refused.targetPath), false, name)
    }
    assert.is(logged.filter(line => line.includes('volume not published')).length, refusals.length)
  })
})

test('a template that fails shows its line and a caret, and mounts nothing', async () => {
  const configurations = [{ name: 'gitconfig', data: { a: 'ok\n{{ fail .context.token }}' } }]
  await withDriver(
    async ({ csi, volume, logged }) => {
      const failure = await failureOf(csi.publishVolume(volume(git)))
      assert.is(failure.code, 'PRECONDITION')
      assert.match(failure.message, /gitconfig\/a:2:/)
      assert.match(failure.message, /\n\s*\^/)
      assert.is(failure.message.includes('canary'), false)
      assert.is(logged.join('').includes('canary'), false)
    },
    { configurations },
  )
})

test('a Connector that is not Ready mounts with a warning, or not at all', async () => {
  await withDriver(async ({ csi, client, volume }) => {
    await createConnector(client, 'sick', false)
    await csi.publishVolume(volume({ connectors: 'sick', 'token.expiration': '1h' }))
    const reasons = async () =>
      (await client.list(events, { namespace: 'team' })).items.map(item => item.reason)
    await waitFor(async () => (await reasons()).length >= 2)
    assert.equal((await reasons()).sort(), ['ConnectorNotReady', 'TokenExpirationIgnored'])
  })
  await withDriver(
    async ({ csi, client, volume }) => {
      await createConnector(client, 'sick', false)
      const failure = await failureOf(csi.publishVolume(volume({ connectors: 'sick' })))
      assert.is(failure.code, 'PRECONDITION')
      assert.match(failure.message, /AuthFailed/)
    },
    { flags: ['--require-ready'] },
  )
})

test('the token is taken from the secrets where the cluster sends it there', async () => {
  await withDriver(async ({ csi, volume, files }) => {
    const key = 'csi.storage.k8s.io/serviceAccount.tokens'
    const published = volume(git, { context: { [key]: undefined } })
    await csi.publishVolume({ ...published, secrets: { [key]: tokensJson('by.secret.field') } })
    assert.is((await files(published))['context.token'], 'by.secret.field')
  })
})

test('unpublish removes the volume, and what is not there is a success', async () => {
  await withDriver(async ({ csi, volume }) => {
    const published = volume(git)
    await csi.unpublishVolume(published)
    await csi.publishVolume(published)
    await csi.unpublishVolume(published)
    assert.is(await exists(published.targetPath), false)
    await csi.unpublishVolume(published)
    await csi.publishVolume(published)
    await writeFile(join(published.targetPath, 'mine'), '')
    assert.is((await failureOf(csi.unpublishVolume(published))).code, 'PRECONDITION')
    assert.equal(await readdir(published.targetPath), ['mine'])
  })
})

test("a directory with someone else's files is neither used nor emptied", async () => {
  await withDriver(async ({ csi, volume }) => {
    const published = volume(git)
    await mkdir(join(published.targetPath, 'deep'), { recursive: true })
    await writeFile(join(published.targetPath, 'deep/mine'), 'x')
    assert.is((await failureOf(csi.publishVolume(published))).code, 'PRECONDITION')
    assert.ok(await exists(join(published.targetPath, 'deep/mine')))
  })
})

test('a restarted driver refreshes what it finds', async () => {
  await withDriver(async ({ csi, volume, files, restart, logged }) => {
    const published = volume(git)
    await csi.publishVolume(published)
    await restart()
    await waitFor(() => csi.publishVolume(volume(git, { token: 'after.the.restart' })).then(() => true))
    assert.is((await files(published))['context.token'], 'after.the.restart')
    assert.ok(logged.some(line => line.includes('"outcome":"rewritten"')))
  })
})

test('what is odd in the objects or long in the request ends in a clear and short refusal', async () => {
  await withDriver(async ({ csi, client, volume }) => {
    await client.create(connectors, { metadata: { name: 'bare', namespace: 'team' } } as never)
    await client.create(connectorClasses, { metadata: { name: 'bare' } } as never)
    const spec = { connectorClassName: 'bare', address: 'https://git.example.com' }
    await client.create(connectors, { metadata: { name: 'of-bare', namespace: 'team' }, spec })
    assert.is((await failureOf(csi.publishVolume(volume({ connectors: 'bare' })))).code, 'NOT_FOUND')
    assert.is((await failureOf(csi.publishVolume(volume({ connectors: 'of-bare' })))).code, 'PRECONDITION')
    const names = Array.from({ length: 64 }, (_, at) => `${at}${'x'.repeat(250)}`).join()
    const failure = await failureOf(csi.publishVolume(volume({ ...git, 'configuration.names': names })))
    assert.is(failure.code, 'INVALID')
    assert.match(failure.message, /gitconfig/)
    assert.ok(failure.message.length < 4096)
  })
})

test('a long line of a template is told in few words, and more than a volume holds is refused', async () => {
  const configurations = [
    { name: 'long', data: { a: `${'y'.repeat(100_000)}{{ fail "no" }}` } },
    { name: 'huge', data: { a: '{{ repeat 700000 "x" }}', b: '{{ repeat 700000 "x" }}' } },
    { name: 'empty', data: {} },
  ]
  await withDriver(
    async ({ csi, volume, files }) => {
      const publish = (name: string) =>
        csi.publishVolume(volume({ connectors: 'repo', 'configuration.names': name }))
      const failure = await failureOf(publish('long'))
      assert.is(failure.code, 'PRECONDITION')
      assert.ok(failure.message.length < 4096)
      assert.is((await failureOf(publish('huge'))).code, 'LIMIT')
      await publish('empty')
      assert.ok((await files(volume(git)))['context.token'])
    },
    { configurations },
  )
})

test('without the API server a first publish is refused for now, and a refresh keeps the files', async () => {
  await withDriver(async ({ csi, plane, volume, files, restart, logged }) => {
    const published = volume(git)
    await csi.publishVolume(published)
    const before = await files(published)
    await plane.close()
    await restart()
    await csi.publishVolume(volume(git, { token: 'a.newer.token' }))
    assert.equal(await files(published), before)
    assert.ok(logged.some(line => line.includes('"outcome":"kept"')))
    await csi.unpublishVolume(published)
    assert.is((await failureOf(csi.publishVolume(published))).code, 'UNAVAILABLE')
    assert.is(await exists(published.targetPath), false)
    assert.is(logged.join('').includes('canary'), false)
  })
})

test('operations on one volume happen one after the other', async () => {
  await withDriver(async ({ csi, volume, files }) => {
    const published = volume(git)
    await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        at % 5 === 3
          ? csi.unpublishVolume(published)
          : csi.publishVolume(volume(git, { token: `a.b.${at}` })),
      ),
    )
    await csi.publishVolume(volume(git, { token: 'the.last.one' }))
    assert.is((await files(published))['.gitconfig'], 'repo the.last.one\n')
    assert.is((await readdir(published.targetPath)).filter(name => /^\.\.\d/.test(name)).length, 1)
  })
})

test('no token is in a log line or an event', async () => {
  await withDriver(async ({ csi, client, volume, logged }) => {
    await csi.publishVolume(volume({ ...git, 'configuration.names': 'gitconfig,missing' }))
    await failureOf(
      csi.publishVolume(volume(git, { readonly: false, context: { 'csi.storage.k8s.io/pod.uid': 'x' } })),
    )
    await waitFor(async () => (await client.list(events, { namespace: 'team' })).items.length > 0)
    const told = JSON.stringify((await client.list(events, { namespace: 'team' })).items)
    assert.is((logged.join('') + told).includes('canary'), false)
  })
})

test.run()
