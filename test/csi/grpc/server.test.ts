// The socket, the Identity service, the settings, and the real tmpfs where we may mount one.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { link, mkdir, readdir, readFile, stat, statfs, symlink, unlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Client, credentials, type MethodDefinition, type ServiceError } from '@grpc/grpc-js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseCsiConfig } from '../../../csi/config.ts'
import { loadProtocol } from '../../../csi/grpc/protocol.ts'
import { claimSocketPath } from '../../../csi/grpc/socket.ts'
import { withDriver } from '../../helpers/csi-driver.ts'
import { withTempDir } from '../../helpers/temp-dir.ts'

const test = suite('csi/grpc/server')
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'fine',
    (error: { code?: string }) => error.code,
  )

test('the services say who they are, and only this user may connect', async () => {
  await withDriver(async ({ config }) => {
    const { identity, node } = loadProtocol()
    const client = new Client(`unix:${config.endpoint}`, credentials.createInsecure())
    const ask = (definition: typeof identity, method: string) =>
      new Promise<unknown>((resolve, reject) => {
        const { path, requestSerialize, responseDeserialize } = definition[method] as MethodDefinition<
          object,
          object
        >
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, (error, answer) =>
          error === null ? resolve(answer) : reject(error),
        )
      })
    try {
      assert.equal(((await ask(identity, 'GetPluginInfo')) as { name: string }).name, 'connectors-csi')
      assert.equal(await ask(node, 'NodeGetInfo'), { nodeId: 'node-1' })
      assert.ok(((await ask(identity, 'Probe')) as { ready: object }).ready)
      await ask(identity, 'GetPluginCapabilities')
      await ask(node, 'NodeGetCapabilities')
      const staged = await new Promise<ServiceError | null>(resolve => {
        const plain = (bytes: Buffer) => bytes
        client.makeUnaryRequest('/csi.v1.Node/NodeStageVolume', plain, plain, Buffer.alloc(0), resolve)
      })
      assert.is(staged?.code, 12)
      assert.is((await stat(config.endpoint)).mode & 0o777, 0o600)
    } finally {
      client.close()
    }
  })
})

test("a dead process's socket is replaced, a living one's and a file are not", async () => {
  await withTempDir(async dir => {
    const path = join(dir, 'csi.sock')
    const server = createServer().listen(path)
    await once(server, 'listening')
    assert.is(await codeOf(claimSocketPath(path)), 'UNAVAILABLE')
    // A socket file without a listener: a hard link outlives the name that close() removes.
    await link(path, join(dir, 'dead.sock'))
    server.close()
    await once(server, 'close')
    await claimSocketPath(join(dir, 'dead.sock'))
    assert.equal(await readdir(dir), [])
    await writeFile(path, 'mine')
    assert.is(await codeOf(claimSocketPath(path)), 'UNAVAILABLE')
    await unlink(path)
    await symlink('/etc/passwd', path)
    assert.is(await codeOf(claimSocketPath(path)), 'UNAVAILABLE')
  })
})

test('settings are checked as a whole', () => {
  const parse = (...argv: string[]) => parseCsiConfig({ argv: ['--node-name=n', ...argv], env: {} })
  assert.is(parse('--endpoint=unix:///csi/csi.sock').endpoint, '/csi/csi.sock')
  assert.is(parse('--endpoint=unix:/csi/csi.sock').endpoint, '/csi/csi.sock')
  assert.is(parse('--kubelet-dir=/var//lib/kubelet/').kubeletDir, '/var/lib/kubelet')
  assert.is(parse('--file-mode=0440').fileMode, 0o440)
  assert.is(parse(`--endpoint=/${'a'.repeat(106)}`).endpoint.length, 107)
  for (const flag of [
    `--endpoint=/${'a'.repeat(107)}`,
    `--endpoint=/${'é'.repeat(54)}`,
    '--endpoint=csi.sock',
    '--endpoint=tcp://1.2.3.4:1',
    '--kubelet-dir=k',
    '--audience=',
    '--mount=nfs',
    '--file-mode=644',
    '--file-mode=9',
    '--file-mode=0044',
  ]) {
    assert.throws(
      () => parse(flag),
      (error: { code?: string }) => error.code === 'INVALID',
      flag,
    )
  }
  assert.throws(() => parseCsiConfig({ argv: [], env: {} }), /--node-name is required/)
})

/** Found out without the driver: it must not choose its own measure. */
async function canMount(dir: string): Promise<boolean> {
  const run = promisify(execFile)
  const mounted = await run('mount', ['-n', '-t', 'tmpfs', 'test', dir]).then(
    () => true,
    () => false,
  )
  if (mounted) await run('umount', [dir])
  return mounted
}

test('a volume is a tmpfs where one can be mounted, else a directory', async () => {
  const isExpected = await withTempDir(canMount)
  await withDriver(
    async ({ csi, volume, files, restart, logged }) => {
      const published = volume({ connectors: 'repo' })
      await csi.publishVolume(published)
      assert.ok(logged.some(line => line.includes(`"medium":"${isExpected ? 'tmpfs' : 'directory'}"`)))
      assert.is((await statfs(published.targetPath)).type === 0x01021994, isExpected)
      if (isExpected) {
        const space = await statfs(published.targetPath)
        assert.is(Number(space.blocks) * Number(space.bsize), 8 * 1024 * 1024)
        const mounts = await readFile('/proc/self/mountinfo', 'utf8')
        const options = mounts.split('\n').find(line => line.includes(published.targetPath)) ?? ''
        for (const option of ['noexec', 'nosuid', 'nodev']) assert.ok(options.includes(option), option)
        assert.is((await stat(published.targetPath)).mode & 0o777, 0o755)
      }
      await restart()
      await csi.publishVolume(volume({ connectors: 'repo' }, { token: 'a.new.one' }))
      assert.is((await files(published))['context.token'], 'a.new.one')
      await csi.unpublishVolume(published)
      assert.equal(await readdir(dirname(published.targetPath)), [])
    },
    { flags: ['--mount=auto'] },
  )
})

test('with --mount=tmpfs a volume is a tmpfs, mounted anew when somebody took it away, or is not there', async () => {
  const isExpected = await withTempDir(canMount)
  await withDriver(
    async ({ csi, volume, files }) => {
      const published = volume({ connectors: 'repo' })
      if (isExpected) {
        await csi.publishVolume(published)
        await promisify(execFile)('umount', [published.targetPath])
        assert.equal(await readdir(published.targetPath), [])
        await csi.publishVolume(published)
        assert.is((await statfs(published.targetPath)).type, 0x01021994)
        assert.ok((await files(published))['context.token'])
        await csi.unpublishVolume(published)
      } else assert.is(await codeOf(csi.publishVolume(published)), 'INTERNAL')
      assert.equal(await readdir(dirname(published.targetPath)), [])
    },
    { flags: ['--mount=tmpfs'] },
  )
})

test('a full volume refuses the first set and keeps the one that it has', async () => {
  if (!(await withTempDir(canMount))) return
  await withDriver(
    async ({ csi, volume, files, logged }) => {
      const published = volume({ connectors: 'repo' })
      await mkdir(published.targetPath)
      await promisify(execFile)('mount', [
        '-n',
        '-t',
        'tmpfs',
        '-o',
        'nr_inodes=4',
        'test',
        published.targetPath,
      ])
      assert.is(await codeOf(csi.publishVolume(published)), 'INTERNAL')
      assert.equal(await readdir(dirname(published.targetPath)), [])
      await csi.publishVolume(published)
      const before = await files(published)
      await promisify(execFile)('mount', ['-o', 'remount,size=4k', published.targetPath]).catch(() => {})
      await promisify(execFile)('mount', ['-o', 'remount,nr_inodes=8', published.targetPath])
      await csi.publishVolume(volume({ connectors: 'repo' }, { token: 'a.newer.one' }))
      assert.ok(logged.some(line => line.includes('"outcome":"kept"') && line.includes('ENOSPC')))
      assert.equal(await files(published), before)
    },
    { flags: ['--mount=tmpfs'] },
  )
})

test.run()
