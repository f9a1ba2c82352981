// The end-to-end tests where there is nothing to run them in: that is a failure, never a silent success.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runCommand } from '../helpers/command.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const runner = suite('runner/e2e')
const program = join(import.meta.dirname, '../e2e/run.ts')

runner('names all that is missing, and fails', async () => {
  const env = { KUBECONFIG: undefined, E2E_LOAD_IMAGE: undefined, PATH: '/nowhere' }
  const { status, stdout, stderr } = await runCommand(process.execPath, [program], { env })
  assert.is(status, 1, stdout)
  const missing = [...stderr.matchAll(/^ {2}(\w+): not /gm)].map(([, name]) => name)
  assert.equal(missing, ['KUBECONFIG', 'E2E_LOAD_IMAGE', 'kubectl', 'helm'])
})

runner('fails where no test answers to what was asked for', () =>
  withTempDir(async PATH => {
    for (const name of ['kubectl', 'helm']) await writeFile(join(PATH, name), '', { mode: 0o755 })
    const env = { KUBECONFIG: '/nowhere', E2E_LOAD_IMAGE: 'false', PATH }
    const { status, stderr } = await runCommand(process.execPath, [program, 'no-such-scenario'], { env })
    assert.is(status, 1)
    assert.is(stderr, 'no e2e test answers to no-such-scenario\n')
  }),
)

runner.run()
