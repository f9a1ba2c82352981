// kill -9 of a real driver in the middle of its writes: readers see whole sets, and the next driver carries on.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import { readdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type CsiClient, createCsiClient } from '../../csi/grpc/client.ts'
import { withDriver } from '../helpers/csi-driver.ts'
import { waitFor } from '../helpers/poll.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const test = suite('csi/killed')
const names = Array.from({ length: 12 }, (_, at) => `file-${at}`)
// Large enough that a set takes a while to write.
const body = '{{ .context.token }}\n{{ repeat 40000 "x" }}'
const configurations = [{ name: 'gitconfig', data: Object.fromEntries(names.map(name => [name, body])) }]
const script = fileURLToPath(new URL('../helpers/csi-driver-process.ts', import.meta.url))

async function withProcess(
  argv: readonly string[],
  use: (driver: ChildProcess) => Promise<void>,
): Promise<void> {
  const child = spawn(process.execPath, [script, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  try {
    await waitFor(() => child.stdout.read()?.includes('csi driver serves'), { what: 'the driver' })
    child.stdout.resume()
    await use(child)
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}

/** The token of the one set that is shown; throws when its files are not all of one token. */
async function readToken(targetPath: string): Promise<string | undefined> {
  const set = await readlink(join(targetPath, '..data')).catch(() => undefined)
  if (set === undefined) return undefined
  const texts = await Promise.all(names.map(name => readFile(join(targetPath, set, name), 'utf8'))).catch(
    (error: { code?: string }) => (error.code === 'ENOENT' ? undefined : Promise.reject(error)),
  )
  // Replaced while it was read.
  if (texts === undefined) return readToken(targetPath)
  assert.equal([...new Set(texts.map(text => text.length - text.indexOf('\n')))], [40_001])
  const tokens = new Set(texts.map(text => text.slice(0, text.indexOf('\n'))))
  assert.is(tokens.size, 1, [...tokens].join())
  return [...tokens][0]
}

test('a driver killed while it writes leaves whole sets, and the next one goes on from there', async () => {
  await withDriver(
    async ({ plane, config, volume, opened }) => {
      const tokenOf = async (path: string) => opened((await readToken(path)) ?? '')?.[0]
      await withTempDir(async dir => {
        const kubeconfig = join(dir, 'kubeconfig')
        const endpoint = join(dir, 'csi.sock')
        await writeFile(kubeconfig, plane.kubeconfig)
        const flags = [`--endpoint=${endpoint}`, `--kubelet-dir=${config.kubeletDir}`, '--node-name=n']
        const argv = [kubeconfig, ...flags, '--metrics-address=127.0.0.1:0', '--mount=auto']
        const attributes = { connectors: 'repo', 'configuration.names': 'gitconfig' }
        const { targetPath } = volume(attributes)
        let at = 0
        const publishNext = (csi: CsiClient) =>
          csi.publishVolume(volume(attributes, { token: `a.b.${++at}` }))
        let leftOver = 0
        for (let round = 0; round < 5; round++) {
          await withProcess(argv, async child => {
            const csi = createCsiClient(endpoint)
            try {
              await publishNext(csi)
              assert.is(await tokenOf(targetPath), `a.b.${at}`)
              const sets = (await readdir(targetPath)).filter(name => /^\.\.\d/.test(name))
              assert.is(sets.length, 1, 'what the killed one left is gone')
              const last = at + 3 + round
              while (at < last) await publishNext(csi)
              const watcher = watch(targetPath)
              const begun = once(watcher, 'change')
              const dying = publishNext(csi).catch(() => {})
              // Killed as soon as the next set begins to appear.
              await begun
              child.kill('SIGKILL')
              await once(child, 'exit')
              watcher.close()
              await dying
            } finally {
              csi.close()
            }
          })
          assert.ok([`a.b.${at}`, `a.b.${at - 1}`].includes((await tokenOf(targetPath)) ?? 'nothing'))
          leftOver += (await readdir(targetPath)).filter(name => /^\.\.\d/.test(name)).length - 1
        }
        assert.ok(leftOver > 0, 'no kill hit a write')
      })
    },
    { configurations },
  )
})

test.run()
