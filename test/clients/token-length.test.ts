// A volume's joint token at its real length and at its longest, in each place where real clients keep one: it arrives
// whole, and the proxy takes it.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createAuthority } from '../../pki/authority.ts'
import { createServerCertificate } from '../../pki/leaf.ts'
import { type BootedProxy, bootProxy } from '../helpers/proxy.ts'
import { withTempDir } from '../helpers/temp-dir.ts'
import type { Carrier, Destination } from './token-length/carrier.ts'
import { buildahCarriers, kubectlCarriers } from './token-length/containers.ts'
import { curlCarriers, wgetCarriers } from './token-length/curl-and-wget.ts'
import { gitCarriers } from './token-length/git.ts'
import { goCarriers, nodeCarriers, pythonCarriers } from './token-length/languages.ts'
import { aptCarriers, mavenCarriers, npmCarriers, pipCarriers } from './token-length/packages.ts'
import { type Recorder, withChallenger, withRelay } from './token-length/recorder.ts'
import { createJointTokens, type JointTokens } from './token-length/tokens.ts'

const test = suite('clients/token-length')

type Client = {
  readonly name: string
  readonly carriers: readonly Carrier[]
  /** Takes long to start: is given the longest token alone. */
  readonly isSlow?: boolean
}

const clients: readonly Client[] = [
  { name: 'curl', carriers: curlCarriers },
  { name: 'wget', carriers: wgetCarriers },
  { name: 'git', carriers: gitCarriers },
  { name: 'Go', carriers: goCarriers },
  { name: 'Python', carriers: pythonCarriers },
  { name: 'Node', carriers: nodeCarriers },
  { name: 'kubectl', carriers: kubectlCarriers },
  { name: 'buildah', carriers: buildahCarriers },
  { name: 'npm', carriers: npmCarriers, isSlow: true },
  { name: 'pip', carriers: pipCarriers, isSlow: true },
  { name: 'Maven', carriers: mavenCarriers, isSlow: true },
  { name: 'apt', carriers: aptCarriers, isSlow: true },
]

type Setup = {
  readonly dir: string
  readonly proxy: BootedProxy
  readonly tokens: JointTokens
  readonly recorders: Readonly<Record<Destination, Recorder>>
}

async function withRecorders(use: (setup: Setup) => Promise<void>): Promise<void> {
  const validity = { nowMs: Date.now(), days: 1 }
  const authority = await createAuthority('test', validity)
  const names = { commonName: 'test', dns: [], ip: ['127.0.0.1'] }
  const pem = await createServerCertificate(authority, names, validity)
  await withTempDir(dir =>
    bootProxy(async proxy => {
      const tokens = await createJointTokens(proxy)
      await withRelay({ host: proxy.host }, plain =>
        withRelay({ host: proxy.host, pem }, tls =>
          withChallenger(any =>
            use({
              dir,
              proxy,
              tokens,
              recorders: { connector: plain, 'connector-tls': tls, 'forward-proxy': any, registry: any },
            }),
          ),
        ),
      )
    }),
  )
}

type Attempt = { readonly carrier: Carrier; readonly token: string; readonly home: string }

/** What went otherwise than it should. */
async function problemOf(setup: Setup, { carrier, token, home }: Attempt): Promise<string | undefined> {
  const { proxy, tokens, recorders } = setup
  const { to, place, send } = carrier
  const isConnector = to === 'connector' || to === 'connector-tls'
  const user = to === 'forward-proxy' ? tokens.user : 'connector-proxy'
  const recorder = recorders[to]
  const scheme = to === 'connector-tls' ? 'https' : 'http'
  const reachedBefore = proxy.tool.requests.length
  const dir = join(setup.dir, home)
  await mkdir(dir)
  const url = `${scheme}://${recorder.host}${isConnector ? tokens.path : ''}`
  const { stdout, stderr } = await send({ dir, url, user, token })
  const credentials = recorder.take()
  const told = `${place}, ${token.length} bytes: ${(stdout + stderr).slice(-300)}`
  if (credentials.length === 0) return `nothing arrived by ${told}`
  const lengths = credentials.map(credential => `${credential.user?.length}:${credential.token.length}`)
  const isWhole = credentials.every(
    credential => credential.token === token && (credential.user ?? user) === user,
  )
  if (!isWhole) return `${lengths} bytes arrived by ${told}`
  if (isConnector && proxy.tool.requests.length === reachedBefore)
    return `the tool was not reached by ${told}`
  return undefined
}

for (const { name, carriers, isSlow = false } of clients) {
  test(`${name} carries the longest joint token in each place where it keeps one`, () =>
    withRecorders(async setup => {
      const { ofSixConnectors, longest } = setup.tokens
      const problems: (string | undefined)[] = []
      for (const [at, carrier] of carriers.entries()) {
        for (const token of isSlow ? [longest] : [ofSixConnectors, longest]) {
          problems.push(await problemOf(setup, { carrier, token, home: `${at}-${token.length}` }))
        }
      }
      assert.equal(
        problems.filter(problem => problem !== undefined),
        [],
      )
    }))
}

test('the tokens are as long as they are said to be', () =>
  withRecorders(async ({ tokens }) => {
    assert.is(tokens.ofSixConnectors.length, 2485)
    assert.is(tokens.longest.length, 3900)
  }))

test.run()
