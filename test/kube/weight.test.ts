import { readdir } from 'node:fs/promises'
import { registerHooks } from 'node:module'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('kube/weight')
/** No node agent reads manifests. */
const manifestReaders = ['object/documents.ts', 'object/manifests.ts']

test('loading kube/ and the log loads no package: a node agent carries only what it uses', async () => {
  const loaded: string[] = []
  const hooks = registerHooks({
    load(url, context, next) {
      loaded.push(url)
      return next(url, context)
    },
  })
  try {
    const kube = new URL('../../kube/', import.meta.url)
    for (const name of await readdir(kube, { recursive: true })) {
      if (name.endsWith('.ts') && !manifestReaders.includes(name)) await import(new URL(name, kube).href)
    }
    for (const name of ['log', 'clock', 'flags', 'health', 'shutdown']) {
      await import(new URL(`../../runtime/${name}.ts`, import.meta.url).href)
    }
  } finally {
    hooks.deregister()
  }
  for (const name of manifestReaders)
    assert.not(
      loaded.some(url => url.endsWith(`/kube/${name}`)),
      name,
    )
  assert.ok(loaded.some(url => url.endsWith('/kube/client/client.ts')))
  assert.equal(
    loaded.filter(url => url.includes('/node_modules/')),
    [],
  )
})

test.run()
