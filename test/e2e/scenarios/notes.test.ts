// The notes that helm prints after an install, followed to the letter.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runCommand } from '../../helpers/command.ts'
import { helm, systemNamespace } from '../harness/release.ts'
import { scenario } from '../harness/scenario.ts'

const notes = suite('the notes of the release')

notes(
  'lead from an installation to a clone, with nothing but what they print and what is yours filled in',
  scenario(async ({ namespace, gitServer }) => {
    // The strictest that a namespace may be.
    const team = await namespace({ labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } })
    const server = await gitServer()
    await server.createRepository('app')
    const mine: Readonly<Record<string, string>> = {
      NAMESPACE: team,
      USER: server.username,
      TOKEN: server.password,
      REPOSITORY: 'app',
      'https://git.example.com': server.url,
    }
    const printed = await helm(['get', 'notes', 'connectors', '--namespace', systemNamespace])
    const script = commandsOf(printed).replace(
      /\b(NAMESPACE|USER|TOKEN|REPOSITORY)\b|https:\/\/git\.example\.com/g,
      word => mine[word] ?? word,
    )
    assert.not.match(script.replaceAll(/^EOF$|<<EOF$|\bALL\b|GIT_CONFIG_GLOBAL/gm, ''), /\b[A-Z]{2,}\b/)
    const { status, stdout, stderr } = await runCommand('sh', ['-eu'], { input: script })
    assert.is(status, 0, stderr)
    assert.match(stdout, /job\.batch\/clone condition met\n/)
    assert.match(stdout, /Cloning into '\/tmp\/clone'\.\.\.\n/)
  }),
)

notes.run()

/** What is typed, line by line as it stands: commands, what continues them, and what they read. */
function commandsOf(text: string): string {
  const commands = text.match(/^kubectl .*<<EOF\n(?:.*\n)*?EOF\n|^kubectl (?:.*\\\n)*.*\n/gm) ?? []
  assert.ok(commands.length >= 8, `${commands.length} commands`)
  return commands.join('')
}
