// The guide for authors of pipelines, "In a cluster": its commands print what it says they print.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runCommand } from '../../helpers/command.ts'
import { createGitConnector } from '../harness/connector.ts'
import { apply } from '../harness/kubectl.ts'
import { scenario } from '../harness/scenario.ts'
import { oneVolume } from '../harness/shared-volume.ts'

const root = join(import.meta.dirname, '../../..')

const guide = suite('the guide')

guide(
  'to ResourceInterfaces tells what happens in a cluster',
  scenario(async context => {
    const team = await context.namespace()
    const server = await context.gitServer()
    await server.createRepository('app')
    await createGitConnector({ name: 'git', namespace: team, server })
    await apply([claim('sources', await oneVolume(context))], team)
    const names = { team, tools: server.namespace }
    const sessions = await sessionsOf('use-a-resource-interface', 'In a cluster')
    assert.is(sessions.flat().length, 6)
    for (const session of sessions) {
      const printed = await type(session.map(({ command }) => renamed(command, names)))
      for (const [at, { command, output }] of session.entries()) {
        assert.equal(comparable(printed[at] ?? ''), comparable(renamed(output, names)), command)
      }
    }
  }),
)

guide.run()

type Typed = { readonly command: string; readonly output: string }

/** Of each `console` block of a section: what is typed, and what then stands there. */
async function sessionsOf(name: string, section: string): Promise<readonly (readonly Typed[])[]> {
  const text = await readFile(join(root, `docs/${name}.md`), 'utf8')
  const [, part = ''] = text.split(`\n## ${section}\n`)
  const blocks = part.split('\n## ', 1)[0]?.matchAll(/^```console\n(.*?)^```$/gms) ?? []
  return [...blocks].map(([, block = '']) =>
    [...block.matchAll(/^\$ ((?:.*\\\n)*.*\n)((?:(?!\$ ).*\n)*)/gm)].map(([, command = '', output = '']) => ({
      command,
      output,
    })),
  )
}

const mark = '--- next ---'

/** In one shell, as somebody types it: what each command prints. */
async function type(commands: readonly string[]): Promise<readonly string[]> {
  const script = commands.map(command => `status=$?; echo '${mark}'; (exit $status)\n${command}`).join('\n')
  const { stdout } = await runCommand('sh', ['-c', `exec 2>&1\n${script}`], { cwd: root })
  return stdout.split(`${mark}\n`).slice(1)
}

function renamed(text: string, names: Readonly<Record<string, string>>): string {
  return text.replace(/\b(team|tools)\b/g, word => names[word] ?? word)
}

/** Lines without what differs from run to run; the two outputs of a step come in no certain order. */
function comparable(text: string): readonly string[] {
  return text
    .trimEnd()
    .split('\n')
    .map(line =>
      line
        .replace(/\b[0-9a-f]{7,40}\b/g, 'COMMIT')
        .replace(/\b(git-clone|clone-and-push)-[a-z0-9]{5}\b/g, '$1-NAME')
        .replace(/"\d{10}"/, '"DATE"')
        .replace(/ (\d+[smhd])+$/, ' AGE')
        .replace(/ +/g, ' '),
    )
    .sort()
}

function claim(name: string, storageClassName: string) {
  const accessModes = ['ReadWriteMany']
  const spec = { storageClassName, accessModes, resources: { requests: { storage: '1Gi' } } }
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name }, spec }
}
