// Registration as kubelet drives it: it finds the socket, asks who is there, and tells how it went.
import { once } from 'node:events'
import { link, readdir, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Client, credentials, type MethodDefinition } from '@grpc/grpc-js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseCsiConfig } from '../../../csi/config.ts'
import { loadRegistration } from '../../../csi/grpc/protocol.ts'
import { untilLogged, withDriver } from '../../helpers/csi-driver.ts'
import { waitFor } from '../../helpers/poll.ts'
import { withTempDir } from '../../helpers/temp-dir.ts'

const test = suite('csi/grpc/registration')

async function call(socket: string, method: string, request: object): Promise<unknown> {
  const client = new Client(`unix:${socket}`, credentials.createInsecure())
  const { path, requestSerialize, responseDeserialize } = loadRegistration()[method] as MethodDefinition<
    object,
    object
  >
  try {
    return await new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, answer) =>
        error === null ? resolve(answer) : reject(error),
      )
    })
  } finally {
    client.close()
  }
}

test('kubelet learns who the driver is, and the driver is ready once kubelet has it', () =>
  withTempDir(async dir => {
    const socket = join(dir, 'connectors-csi-reg.sock')
    const flags = [`--registration-dir=${dir}`, '--kubelet-endpoint=/var/lib/kubelet/plugins/here/csi.sock']
    await withDriver(
      async ({ metricsUrl, logged, restart }) => {
        const readiness = async () => {
          const response = await fetch(`${metricsUrl}/readyz`)
          return { status: response.status, text: await response.text() }
        }
        assert.is((await stat(socket)).mode & 0o777, 0o600)
        assert.equal(await call(socket, 'GetInfo', {}), {
          type: 'CSIPlugin',
          name: 'connectors-csi',
          endpoint: '/var/lib/kubelet/plugins/here/csi.sock',
          supportedVersions: ['1.0.0'],
        })
        await waitFor(
          async () => (await readiness()).text === 'kubelet: kubelet has not registered the driver yet\n',
        )

        const error = 'plugin socket\nis not there'
        await call(socket, 'NotifyRegistrationStatus', { pluginRegistered: false, error })
        const refused = await readiness()
        assert.is(refused.status, 503)
        assert.match(refused.text, 'plugin socket is not there')
        assert.match(
          await untilLogged({ logged }, 'could not register'),
          '"answer":"plugin socket is not there"',
        )

        await call(socket, 'NotifyRegistrationStatus', { pluginRegistered: true })
        assert.is((await readiness()).status, 200)
        await restart()
        assert.equal(await readdir(dir), ['connectors-csi-reg.sock'])
      },
      { flags },
    )
    assert.equal(await readdir(dir), [], 'the socket goes with the driver, which makes kubelet forget it')
  }))

test("takes a killed driver's place, and refuses to start where it cannot be found", () =>
  withTempDir(async dir => {
    const socket = join(dir, 'connectors-csi-reg.sock')
    const dead = createServer().listen(join(dir, 'dead'))
    await once(dead, 'listening')
    await link(join(dir, 'dead'), socket)
    dead.close()
    await once(dead, 'close')
    const flags = [`--registration-dir=${dir}`]
    const start = (own: readonly string[], use = async () => {}) => withDriver(use, { flags: own })
    await start(flags, async () => {
      assert.ok(await call(socket, 'GetInfo', {}))
    })
    await writeFile(socket, 'not a socket')
    const failure = (own: readonly string[]) =>
      start(own).then(
        () => undefined,
        (error: { code?: string }) => error.code,
      )
    assert.is(await failure(flags), 'UNAVAILABLE')
    assert.is(await failure([`--registration-dir=${join(dir, 'none')}`]), 'UNAVAILABLE')
    assert.equal(await readdir(dir), ['connectors-csi-reg.sock'])
  }))

test('names its usual place below kubelet’s directory unless told another', () => {
  const parse = (...argv: string[]) => parseCsiConfig({ argv: ['--node-name=n', ...argv], env: {} })
  const endpoint = (...argv: string[]) => parse(...argv).kubeletEndpoint
  assert.is(endpoint(), '/var/lib/kubelet/plugins/connectors-csi/csi.sock')
  assert.is(endpoint('--kubelet-dir=/data/kubelet/'), '/data/kubelet/plugins/connectors-csi/csi.sock')
  assert.is(endpoint('--kubelet-endpoint=/k/csi.sock'), '/k/csi.sock')
  assert.throws(() => parse('--kubelet-endpoint=csi.sock'), /--kubelet-endpoint must be/)
  assert.is(parse().registrationDir, '')
})

test.run()
