// The guides about ResourceInterfaces: every command in them is run, and what they say it prints, it prints.
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectors } from '../../kube/object/resources.ts'
import { launcher, runCommand } from '../helpers/command.ts'
import { type DevInstance, withInstance } from '../helpers/instance.ts'
import { waitFor } from '../helpers/poll.ts'
import { applyTekton, finishRuns } from '../helpers/tekton.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const test = suite('guides')
const root = join(import.meta.dirname, '../..')

type Block = { readonly language: string; readonly text: string }

async function readGuide(name: string): Promise<readonly Block[]> {
  const guide = await readFile(join(root, 'docs', `${name}.md`), 'utf8')
  return [...guide.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
    language,
    text,
  }))
}

/** Commands on lines of their own, with the lines that a backslash continues. */
function commandsOf(text: string): readonly string[] {
  return text.replaceAll('\\\n', '').split('\n').filter(Boolean)
}

const devCommand = /^bin\/connectors dev (.+)$/

/** Runs a guide's commands in order; gives what each printed. */
async function runGuide(name: string): Promise<ReadonlyMap<string, string>> {
  const blocks = await readGuide(name)
  return withTempDir(async dir => {
    await symlink(join(root, 'tasks'), join(dir, 'tasks'))
    await mkdir(join(dir, 'bin'))
    await writeFile(join(dir, 'bin/connectors'), `#!/bin/sh\nexec '${launcher}' "$@"\n`, { mode: 0o755 })
    for (const { text } of blocks) {
      const file = /^# (\S+\.yaml)\n/.exec(text)?.[1]
      if (file !== undefined) await writeFile(join(dir, file), text)
    }
    const commands = blocks
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => commandsOf(text))
    const dev = commands.map(command => devCommand.exec(command)?.[1]).find(args => args !== undefined)
    const args = (dev ?? '').split(' ').map(arg => (arg.endsWith('.yaml') ? join(dir, arg) : arg))
    await mkdir(join(dir, 'data'))
    return withInstance(join(dir, 'data'), args, instance => runCommands(commands, { dir, instance, blocks }))
  })
}

async function runCommands(
  commands: readonly string[],
  { dir, instance, blocks }: { dir: string; instance: DevInstance; blocks: readonly Block[] },
): Promise<ReadonlyMap<string, string>> {
  const { client, run } = instance
  await waitFor(async () => (await client.list(connectors)).items.length > 0, { what: 'a Connector' })
  const finisher = await applyTekton(client).then(() => finishRuns(client))
  const printed = new Map<string, string>()
  try {
    for (const command of commands.filter(text => !devCommand.test(text))) {
      const env = { KUBECONFIG: run.kubeconfig }
      const { status, stdout, stderr } = await runCommand('sh', ['-c', command], { cwd: dir, env })
      assert.is(status, 0, `${command}: ${stderr}`)
      printed.set(command, stdout)
    }
  } finally {
    await finisher.stop()
  }
  for (const [at, { language, text }] of blocks.entries()) {
    const before = blocks[at - 1]
    if (language !== 'yaml' || before?.language !== 'sh' || text.startsWith('# ')) continue
    const output = printed.get(commandsOf(before.text).at(-1) ?? '') ?? ''
    assert.is(anyPort(output), anyPort(text))
  }
  return printed
}

/** The demo takes another port where its own is in use. */
function anyPort(text: string): string {
  return text.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
}

test('use a ResourceInterface', async () => {
  const printed = await runGuide('use-a-resource-interface')
  assert.is(printed.size, 5)
  const [, json = '', task = '', watched = '', pipeline = ''] = [...printed.values()]
  assert.is(JSON.parse(json).interface, 'gitcoderepository')
  assert.match(task, 'kind: TaskRun')
  assert.match(task, 'emptyDir: {}')
  assert.match(watched, /^taskrun.tekton.dev\/git-clone-\w+ created\n/)
  assert.match(watched, /succeeded: Succeeded: /)
  assert.match(pipeline, 'kind: PipelineRun')
  assert.match(pipeline, 'value: $(params.code-url)')
})

test('declare integrations', async () => {
  const printed = [...(await runGuide('declare-integrations')).values()]
  assert.match(printed[0] ?? '', 'value: refs/heads/main')
  const promised = (await readGuide('declare-integrations')).find(({ language }) => language === 'json')
  const { params } = JSON.parse(anyPort(printed[1] ?? '')).spec
  assert.equal(params, JSON.parse(anyPort(promised?.text ?? '')))
})

test('write a ResourceInterface', async () => {
  assert.is((await runGuide('write-a-resource-interface')).size, 1)
})

test.run()
