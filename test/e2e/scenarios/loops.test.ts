// Connectors that lead back to the proxy: proxy.md, "Strictness". One request would become hundreds.
import { randomBytes } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { askProxy } from '../harness/ask-proxy.ts'
import { createGitConnector } from '../harness/connector.ts'
import type { GitServer } from '../harness/git-server.ts'
import { gitImage } from '../harness/images.ts'
import { apply, type ExecTarget, getObject, kubectl, type Manifest, until } from '../harness/kubectl.ts'
import { systemNamespace } from '../harness/release.ts'
import { type Scenario, scenario } from '../harness/scenario.ts'
import { pod, restricted, untilPodReady } from '../harness/workload.ts'

const proxy = `connectors-proxy-service.${systemNamespace}.svc.cluster.local`

const loops = suite('a Connector that leads to the proxy')

loops(
  'is not served by whatever name of it, nor by an address of any of our pods, and its condition says so',
  scenario(async context => {
    const { team, user, connector } = await teamWithUser(context)
    const { clusterIP } = (await getObject('service', 'connectors-proxy-service', systemNamespace))['spec']
    const controller = await addressOf('connectors-controller-manager')
    const addresses = {
      itself: `http://c-itself.${team}.svc.cluster.local`,
      path: `http://${proxy}/namespaces/${team}/connectors/path`,
      'other-connector': `http://c-itself.${team}.svc`,
      'by-service-ip': `http://${clusterIP}`,
      'by-pod-ip': `http://${await addressOf('connectors-proxy')}:8080`,
      metrics: `http://${controller}:9090/metrics`,
      loopback: 'http://127.0.0.1:9090/metrics',
    }
    for (const [name, url] of Object.entries(addresses)) await connector(name, url)
    for (const name of Object.keys(addresses)) {
      const { path, answer } = await ask(user, team, name)
      assert.is(answer.status, 502, `${name}: ${answer.body}`)
      assert.match(answer.body, /"reason":"ToolUnreachable"/, name)
      assert.is(await timesAsked(path), 1, name)
      const message = await until(
        async () => {
          const { status } = await getObject('connector', name, team)
          const ready = status?.conditions?.find((found: { type: string }) => found.type === 'Ready')
          return ready?.status === 'False' && (ready.message as string)
        },
        { what: `Connector ${name} not to be ready` },
      )
      assert.match(message, /refused|not allowed|may not/i, name)
    }
  }),
)

loops(
  'over a server that hands every byte back to the proxy is ended in the second round',
  scenario(async context => {
    const { team, user, connector } = await teamWithUser(context)
    // The credential that the proxy puts on is one that the proxy would take.
    const token = await kubectl([
      'create',
      'token',
      'default',
      `--namespace=${team}`,
      '--audience=connectors',
    ])
    context.conceal(token.trim())
    await apply([relay(proxy), relayService], team)
    await untilPodReady('relay', team)
    await connector('round', `http://relay.${team}.svc.cluster.local/namespaces/${team}/connectors/round`, {
      username: 'a',
      password: token.trim(),
    })
    const { path, answer } = await ask(user, team, 'round')
    assert.is(answer.status, 508, answer.body)
    assert.match(answer.body, /LoopDetected/)
    assert.is(await timesAsked(path), 2)
  }),
)

loops.run()

async function teamWithUser({ namespace, gitServer }: Scenario) {
  const team = await namespace()
  const server = await gitServer()
  await createGitConnector({ name: 'repo', namespace: team, server })
  await apply([pod({ name: 'user', connectors: 'repo', script: 'exec sleep infinity' })], team)
  await untilPodReady('user', team)
  const connector = async (
    name: string,
    url: string,
    credential: Pick<GitServer, 'username' | 'password'> = server,
  ) => {
    await createGitConnector({
      name,
      namespace: team,
      server: { ...server, ...credential, url },
      ready: false,
    })
    await until(async () => (await getObject('connector', name, team))['status']?.proxy, {
      what: `the address of Connector ${name}`,
    })
  }
  return { team, user: { namespace: team, pod: 'user' }, connector }
}

/** With a token of the team that is of no volume, by a path that nobody else asks for. */
async function ask(user: ExecTarget, team: string, name: string) {
  const path = `/${randomBytes(8).toString('hex')}`
  const token = await kubectl(['create', 'token', 'default', `--namespace=${team}`, '--audience=connectors'])
  const url = `http://${proxy}/namespaces/${team}/connectors/${name}${path}`
  return { path, answer: await askProxy(user, url, token.trim()) }
}

/** By the audit of all replicas. */
async function timesAsked(path: string): Promise<number> {
  const selector = '--selector=app.kubernetes.io/name=connectors-proxy'
  const read = () => kubectl(['logs', `--namespace=${systemNamespace}`, selector, '--tail=-1'])
  const linesOf = (log: string) => log.split('\n').filter(line => line.includes(path))
  const lines = await until(async () => linesOf(await read()), { what: 'the audit' })
  return lines.length
}

async function addressOf(component: string): Promise<string> {
  const selector = `--selector=app.kubernetes.io/name=${component}`
  const where = `--namespace=${systemNamespace}`
  return kubectl(['get', 'pods', where, selector, '--output=jsonpath={.items[0].status.podIP}'])
}

/** A pod that connects whoever comes with the host. */
function relay(host: string): Manifest {
  const script = `
use IO::Socket::INET;
use IO::Select;
$SIG{CHLD} = "IGNORE";
my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 16, ReuseAddr => 1) or die $!;
while (my $client = $server->accept) {
  next if fork;
  my $other = IO::Socket::INET->new(PeerAddr => "${host}", PeerPort => 80) or exit 1;
  my $both = IO::Select->new($client, $other);
  while (my @ready = $both->can_read(20)) {
    for my $from (@ready) {
      sysread($from, my $bytes, 65536) or exit 0;
      syswrite($from == $client ? $other : $client, $bytes);
    }
  }
  exit 0;
}
`
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'relay', labels: { app: 'relay' } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'main',
          image: gitImage,
          imagePullPolicy: 'IfNotPresent',
          command: ['perl', '-e', script],
          securityContext: restricted,
        },
      ],
    },
  }
}

const relayService: Manifest = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'relay' },
  spec: { selector: { app: 'relay' }, ports: [{ port: 80, targetPort: 8080 }] },
}
