// Where npm, pip, Maven and apt keep a token.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { basicValue, type Carrier, distantUrl, netrc, run, type Sending, withUserInfo } from './carrier.ts'

type Files = Readonly<Record<string, string>>

function npm({ dir }: Sending, npmrc: string) {
  const quiet = 'fetch-retries=0\nupdate-notifier=false\n'
  return run(['npm', 'view', 'app'], { dir, files: { '.npmrc': quiet + npmrc } })
}

function registry({ url }: Sending): string {
  return `registry=${url}/\n${url.replace('http:', '')}/:`
}

export const npmCarriers: readonly Carrier[] = [
  {
    to: 'connector',
    place: '.npmrc _authToken',
    send: sending => npm(sending, `${registry(sending)}_authToken=${sending.token}\n`),
  },
  {
    to: 'connector',
    place: '.npmrc _auth',
    send: sending => npm(sending, `${registry(sending)}_auth=${basicValue(sending)}\n`),
  },
  {
    to: 'connector',
    place: '.npmrc _password',
    send(sending) {
      const password = `${registry(sending)}_password=${Buffer.from(sending.token).toString('base64')}\n`
      const [, user = ''] = registry(sending).split('\n')
      return npm(sending, `${password}${user}username=${sending.user}\n`)
    },
  },
  {
    to: 'forward-proxy',
    place: '.npmrc proxy',
    send: sending => npm(sending, `registry=${distantUrl}/\nproxy=${withUserInfo(sending)}\n`),
  },
]

function pip({ dir }: Sending, args: readonly string[], files: Files = {}) {
  const download = ['-m', 'pip', 'download', '--no-deps', '--no-cache-dir', '--retries=0', 'app'] as const
  return run(['/usr/bin/python3', ...download, ...args], {
    dir,
    env: { PIP_CONFIG_FILE: join(dir, 'pip.conf'), PIP_DISABLE_PIP_VERSION_CHECK: '1' },
    files,
  })
}

function pipConf(index: string): Files {
  return { 'pip.conf': `[global]\nindex-url = ${index}/simple\n` }
}

export const pipCarriers: readonly Carrier[] = [
  { to: 'connector', place: 'index-url', send: sending => pip(sending, [], pipConf(withUserInfo(sending))) },
  {
    to: 'connector',
    place: '.netrc',
    send: sending => pip(sending, [], { ...pipConf(sending.url), '.netrc': netrc(sending) }),
  },
  {
    to: 'forward-proxy',
    place: 'proxy',
    send: sending =>
      pip(sending, ['--trusted-host=tool.test', `--proxy=${withUserInfo(sending)}`], pipConf(distantUrl)),
  },
]

/** Maven asks for the parent of a project, and ends when it is none. */
function maven({ dir }: Sending, settings: string) {
  const coordinates = (name: string) =>
    `<groupId>test</groupId><artifactId>${name}</artifactId><version>1</version>`
  const parent = `<parent>${coordinates('parent')}<relativePath/></parent>`
  const pom = `<project><modelVersion>4.0.0</modelVersion>${parent}${coordinates('app')}</project>`
  const args = ['--batch-mode', '--settings=settings.xml', `-Dmaven.repo.local=${dir}/m2`, 'validate']
  return run(['mvn', ...args], {
    dir,
    env: { MAVEN_OPTS: '-XX:TieredStopAtLevel=1' },
    files: { 'pom.xml': pom, 'settings.xml': `<settings>${settings}</settings>` },
  })
}

function mirror(url: string): string {
  return `<mirrors><mirror><id>tool</id><url>${url}</url><mirrorOf>*</mirrorOf></mirror></mirrors>`
}

export const mavenCarriers: readonly Carrier[] = [
  {
    to: 'connector',
    place: 'settings.xml server',
    send(sending) {
      const { url, user, token } = sending
      const server = `<server><id>tool</id><username>${user}</username><password>${token}</password></server>`
      return maven(sending, `<servers>${server}</servers>${mirror(url)}`)
    },
  },
  {
    to: 'forward-proxy',
    place: 'settings.xml proxy',
    send(sending) {
      const { url, user, token } = sending
      const { hostname, port } = new URL(url)
      const address = `<host>${hostname}</host><port>${port}</port>`
      const credential = `<username>${user}</username><password>${token}</password>`
      const proxy = `<proxy><id>p</id><protocol>http</protocol>${address}${credential}</proxy>`
      return maven(sending, `<proxies>${proxy}</proxies>${mirror(distantUrl)}`)
    },
  },
]

async function apt({ dir }: Sending, source: string, { files = {}, proxy = 'DIRECT' } = {}) {
  for (const folder of ['lists/partial', 'cache/archives/partial']) {
    await mkdir(join(dir, folder), { recursive: true })
  }
  const options = {
    'Dir::State::lists': `${dir}/lists`,
    'Dir::Cache': `${dir}/cache`,
    'Dir::Etc::sourcelist': `${dir}/sources.list`,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::netrc': `${dir}/auth.conf`,
    'Dir::Etc::netrcparts': '/dev/null',
    'Acquire::Retries': '0',
    'Acquire::http::Proxy': proxy,
    'APT::Sandbox::User': '',
  }
  return run(['apt-get', 'update', ...Object.entries(options).map(([name, value]) => `-o${name}=${value}`)], {
    dir,
    files: { 'sources.list': `deb [trusted=yes] ${source} stable main\n`, ...files },
  })
}

export const aptCarriers: readonly Carrier[] = [
  { to: 'connector', place: 'sources.list', send: sending => apt(sending, withUserInfo(sending)) },
  {
    to: 'connector',
    place: 'auth.conf',
    send(sending) {
      const machine = `machine ${sending.url}`
      const files = { 'auth.conf': netrc(sending).replace(/^machine .*/, machine) }
      return apt(sending, sending.url, { files })
    },
  },
  {
    to: 'forward-proxy',
    place: 'Acquire::http::Proxy',
    send: sending => apt(sending, distantUrl, { proxy: withUserInfo(sending) }),
  },
]
