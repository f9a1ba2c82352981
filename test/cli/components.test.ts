// The servers as a cluster runs them: processes of their own, on an API server that is there, or not yet, or goes.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectors, launcher, runCommand } from '../helpers/command.ts'
import { type ComponentName, type RunningComponent, withComponent } from '../helpers/component.ts'
import { type BootedControlPlane, bootControlPlane, withControlPlane } from '../helpers/control-plane.ts'
import { waitFor } from '../helpers/poll.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const test = suite('cli/components')
const names = ['controller', 'proxy', 'csi'] as const

function flagsOf(name: ComponentName, dir: string): readonly string[] {
  const kubeconfig = `--kubeconfig=${join(dir, 'kubeconfig')}`
  if (name === 'controller') return [kubeconfig]
  if (name === 'proxy') return [kubeconfig, '--listen=127.0.0.1:0']
  return [kubeconfig, '--node-name=n', `--endpoint=${join(dir, 'csi.sock')}`, `--kubelet-dir=${dir}`]
}

function troubles({ lines }: RunningComponent) {
  return lines().filter(({ level }) => level !== 'info')
}

function untilReady({ ask }: RunningComponent): Promise<unknown> {
  return waitFor(async () => (await ask('/readyz')) === '200 ok\n', { timeoutMs: 20_000, what: 'readiness' })
}

/** With each component, all at once, in a folder of its own below `dir`. */
async function withEach(
  dir: string,
  kubeconfig: string,
  use: (component: RunningComponent, own: string) => Promise<void>,
): Promise<void> {
  await Promise.all(
    names.map(async name => {
      const own = join(dir, name)
      await mkdir(own)
      await writeFile(join(own, 'kubeconfig'), kubeconfig)
      await withComponent(name, flagsOf(name, own), component => use(component, own))
    }),
  )
}

test('each becomes ready, tells its health and numbers, and ends with 0 when it is told to', () =>
  withTempDir(dir =>
    withControlPlane(plane =>
      withEach(dir, plane.kubeconfig, async (component, own) => {
        await untilReady(component)
        assert.is(await component.ask('/healthz'), '200 ok\n')
        assert.match(await component.ask('/metrics'), /^200 .*\nprocess_resident_memory_bytes \d+/s)
        assert.is(await component.end('SIGTERM'), 0)
        assert.equal(new Set(component.lines().map(line => line['component'])), new Set([component.name]))
        assert.is(troubles(component).length, 0, JSON.stringify(troubles(component)))
        assert.equal(await readdir(own), ['kubeconfig'])
      }),
    ),
  ))

test('each starts without an API server, says so once, and is ready when there is one', () =>
  withTempDir(async dir => {
    const dataDir = join(dir, 'control-plane')
    const first = await bootControlPlane({ dataDir })
    await first.close()
    const port = Number(new URL(first.url).port)
    let again: BootedControlPlane | undefined
    const arrived = { silent: 0, ready: 0 }
    await withEach(dir, first.kubeconfig, async component => {
      const allAre = (state: keyof typeof arrived) =>
        waitFor(() => arrived[state] === names.length, { timeoutMs: 20_000, what: `all to be ${state}` })
      await waitFor(() => troubles(component).length > 0, { what: 'a line about the API server' })
      assert.is(await component.ask('/healthz'), '200 ok\n')
      assert.match(await component.ask('/readyz'), /^503 /)
      arrived.silent++
      await allAre('silent')
      if (component.name === 'connectors-proxy') again = await bootControlPlane({ dataDir, port })
      await untilReady(component)
      assert.is(troubles(component).length, 1, JSON.stringify(troubles(component)))
      assert.is((troubles(component)[0]?.['error'] as { code: string }).code, 'UNAVAILABLE')
      arrived.ready++
      await allAre('ready')
      // Who is told to end while the API server is gone ends all the same.
      if (component.name === 'connectors-proxy') await again?.close()
      assert.is(await component.end('SIGTERM'), 0)
    })
  }))

test('proxy and driver are not ready before the flags of the installation are known', () =>
  withTempDir(dir =>
    withControlPlane(async plane => {
      plane.faults.inject({ match: { resource: 'configmaps' }, answer: 503 })
      await writeFile(join(dir, 'kubeconfig'), plane.kubeconfig)
      for (const name of ['proxy', 'csi'] as const) {
        const flags = [...flagsOf(name, dir), '--config-map=connectors-system/connectors-config']
        await withComponent(name, flags, component =>
          waitFor(async () => /^503 .*flags are not known/.test(await component.ask('/readyz'))),
        )
      }
    }),
  ))

test('each tells all that is wrong with its command line at once', async () => {
  const wrong = ['--metrics-address=x', '--log-level=loud', '--no-such-flag', 'stray']
  await Promise.all(
    names.map(async name => {
      const { status, stdout, stderr } = await connectors([name, ...wrong])
      assert.equal([status, stdout, stderr.trim().split('\n').length], [2, '', 1], stderr)
      for (const part of ['--metrics-address', '--log-level', '--no-such-flag', 'argument 4'])
        assert.ok(stderr.includes(part), part)
    }),
  )
})

test('the help of each lists its flags with their defaults', async () => {
  await Promise.all(
    names.map(async name => {
      const { status, stdout } = await connectors([name, '--help'])
      assert.is(status, 0)
      assert.match(stdout, /--metrics-address +.*\(default :\d+\)/)
      assert.match(stdout, /--kubeconfig .*\[KUBECONFIG\]/)
      assert.match(stdout, /--log-level .*\(default info\)/)
    }),
  )
})

test('without a cluster to talk to, and with a kubeconfig that is none, the end is one line', () =>
  withTempDir(async dir => {
    const env = { KUBECONFIG: undefined, KUBERNETES_SERVICE_HOST: undefined }
    const nowhere = await connectors(['proxy', '--listen=127.0.0.1:0'], { env })
    assert.equal([nowhere.status, nowhere.stderr.trim().split('\n').length], [5, 1], nowhere.stderr)
    assert.match(nowhere.stderr, 'neither a kubeconfig nor a pod service account')
    await writeFile(join(dir, 'kubeconfig'), 'token: hunter2\n- x')
    const broken = await connectors(['proxy', `--kubeconfig=${join(dir, 'kubeconfig')}`], { env })
    assert.equal([broken.status, broken.stderr.trim().split('\n').length], [2, 1], broken.stderr)
    assert.not.match(broken.stderr, 'hunter2')
  }))

test('a port that is taken ends the start in one line', () =>
  withTempDir(dir =>
    withControlPlane(async plane => {
      await writeFile(join(dir, 'kubeconfig'), plane.kubeconfig)
      const port = new URL(plane.url).port
      for (const flag of [`--metrics-address=127.0.0.1:${port}`, `--listen=127.0.0.1:${port}`]) {
        const other = flag.startsWith('--listen') ? '--metrics-address=127.0.0.1:0' : '--listen=127.0.0.1:0'
        const taken = await connectors(['proxy', `--kubeconfig=${join(dir, 'kubeconfig')}`, flag, other])
        assert.is(taken.status, 6, taken.stderr)
        assert.is(taken.stderr.trim().split('\n').length, 1, taken.stderr)
        assert.match(taken.stderr, /EADDRINUSE/)
      }
    }),
  ))

test('the proxy is not ready from the moment it is told to end, and ends when its clients have', () =>
  withTempDir(dir =>
    withControlPlane(async plane => {
      await writeFile(join(dir, 'kubeconfig'), plane.kubeconfig)
      await withComponent('proxy', [...flagsOf('proxy', dir), '--drain-timeout=20s'], async component => {
        await untilReady(component)
        const url = new URL(component.lines().find(line => line['url'])?.['url'] as string)
        const client = connect(Number(url.port), url.hostname)
        // A request that is under way: its body has not come.
        client.write('POST /git/team/repo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n')
        await waitFor(async () => /connections[^\n]* 1\n/.test(await component.ask('/metrics')))
        const ended = component.end('SIGTERM')
        await waitFor(async () => /^503 stopping/.test(await component.ask('/readyz')))
        assert.is(component.process.exitCode, null)
        client.destroy()
        assert.is(await ended, 0)
      })
    }),
  ))

test('a second signal does not wait', () =>
  withTempDir(dir =>
    withControlPlane(async plane => {
      await writeFile(join(dir, 'kubeconfig'), plane.kubeconfig)
      await withComponent('proxy', flagsOf('proxy', dir), async component => {
        await untilReady(component)
        const url = new URL(component.lines().find(line => line['url'])?.['url'] as string)
        const client = connect(Number(url.port), url.hostname)
        client.on('error', () => {})
        client.write('POST /git/team/repo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n')
        await waitFor(async () => /connections[^\n]* 1\n/.test(await component.ask('/metrics')))
        void component.end('SIGTERM')
        await waitFor(async () => /^503 stopping/.test(await component.ask('/readyz')))
        assert.is(await component.end('SIGTERM'), 143)
        client.destroy()
      })
    }),
  ))

test('a cleanup that is told to end says that it has not finished, and that is no defect', () =>
  withTempDir(dir =>
    withControlPlane(async plane => {
      const never = Promise.withResolvers<void>()
      plane.faults.inject({ match: { resource: 'rolebindings' }, until: never.promise })
      await writeFile(join(dir, 'kubeconfig'), plane.kubeconfig)
      const child = spawn(launcher, ['cleanup', `--kubeconfig=${join(dir, 'kubeconfig')}`])
      const ended = once(child, 'exit')
      try {
        const stderr = child.stderr.setEncoding('utf8').toArray()
        await waitFor(() => plane.requests.some(({ resource }) => resource === 'csidrivers'), {
          what: 'the cleanup',
        })
        child.kill('SIGTERM')
        assert.equal(await ended, [6, null])
        assert.is((await stderr).join(''), 'connectors: Cannot finish cleanup: SIGTERM was received\n')
      } finally {
        child.kill('SIGKILL')
        never.resolve()
      }
    }),
  ))

test('a failure that nobody foresaw ends the process in one line without the words of the failure', () =>
  withTempDir(async dir => {
    await withControlPlane(plane => writeFile(join(dir, 'kubeconfig'), plane.kubeconfig))
    const program = `
      import { componentCommand } from ${JSON.stringify(new URL('../../cli/component.ts', import.meta.url))}
      const start = async () => {
        setImmediate(() => FAIL)
        return { ended: new Promise(() => setInterval(() => {}, 1000)) }
      }
      const { run } = componentCommand({ name: 'x', about: '', flags: {}, configFrom: () => ({}), start })
      await run(['--kubeconfig=${join(dir, 'kubeconfig')}'])`
    const failures = [
      `{ throw new TypeError('hunter2\\n    at hunter2') }`,
      `Promise.reject(new TypeError('hunter2'))`,
    ]
    for (const failure of failures) {
      const args = ['--input-type=module', '--eval', program.replace('FAIL', failure)]
      const { status, stderr } = await runCommand(process.execPath, args)
      assert.is(status, 70, stderr)
      assert.is(stderr.trim().split('\n').length, 1, stderr)
      assert.equal([JSON.parse(stderr).name, JSON.parse(stderr).level], ['TypeError', 'error'])
      assert.not.match(stderr, 'hunter2')
    }
  }))

test.run()
