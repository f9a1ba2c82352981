// A token that a neighbour catches: access.md, "A volume's token is sealed". Whoever may edit Services in the namespace of
// one Connector has the token that pods elsewhere send to it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { askProxy } from '../harness/ask-proxy.ts'
import { createGitConnector, untilConnectorReady } from '../harness/connector.ts'
import { gitImage } from '../harness/images.ts'
import { apply, type ExecTarget, exec, kubectl, type Manifest, tryExec, until } from '../harness/kubectl.ts'
import { systemNamespace } from '../harness/release.ts'
import { type Scenario, scenario } from '../harness/scenario.ts'
import { mountPath, pod, restricted, untilPodReady } from '../harness/workload.ts'

const captured = suite('a token caught by a neighbour')

captured(
  'opens no Connector but the one that it was sent to, and that one not while its Service leads elsewhere',
  scenario(async context => {
    const { victim, neighbour, own, shared } = await twoTeams(context)
    await kubectl([
      'patch',
      'service/c-shared',
      `--namespace=${neighbour}`,
      '--type=merge',
      `--patch=${hijack}`,
    ])

    const user = { namespace: victim, pod: 'user' }
    const token = await until(
      async () => {
        await tryExec(user, ['git', 'ls-remote', `${shared.url}/app.git`])
        return caughtToken(await kubectl(['logs', 'catcher', `--namespace=${neighbour}`]))
      },
      { what: 'the neighbour to catch a token', timeoutMs: 60_000 },
    )
    context.conceal(token)
    const thief = { namespace: neighbour, pod: 'catcher' }
    for (const url of addressesOf({ namespace: victim, name: 'own' })) {
      const { status, body } = await askProxy(thief, url, token)
      assert.is(status, 403, `${url}: ${body}`)
      assert.match(body, /the token is of a volume of other Connectors/)
    }
    const [byHost, byPath] = addressesOf({ namespace: neighbour, name: 'shared' })
    const refused = await askProxy(thief, byHost, token, { peer: proxyHost })
    assert.is.not(refused.status, 200)
    assert.match(refused.body, /delete Service "c-shared"/)

    // Whoever was robbed goes on with their own, and with the neighbour's as soon as that is its own again.
    await exec(user, ['git', 'ls-remote', '--exit-code', `${own.url}/app.git`])
    await kubectl(['delete', 'service', 'c-shared', `--namespace=${neighbour}`])
    await untilConnectorReady('shared', neighbour)
    await until(
      async () => {
        const list = ['git', 'ls-remote', '--exit-code', `${shared.url}/app.git`]
        return (await tryExec(user, list)).status === 0
      },
      { what: 'the shared Connector to serve again' },
    )
    assert.is((await askProxy(thief, byPath, token)).status, 200, 'it is a good token where it was sent to')
  }),
)

captured(
  'is not the one for all Connectors of a volume: no file but context.token has that',
  scenario(async context => {
    const { victim } = await twoTeams(context)
    const user = { namespace: victim, pod: 'user' }
    const joint = (await exec(user, ['cat', `${mountPath}/context.token`])).trim()
    context.conceal(joint)
    const config = await exec(user, ['cat', `${mountPath}/.gitconfig`])
    const sent = [...config.matchAll(/Basic ([A-Za-z0-9+/=]+)/g)].map(([, text = '']) => passwordOf(text))
    assert.is(new Set(sent).size, 2, 'one token for each Connector')
    assert.not.ok(sent.includes(joint))
    for (const name of await filesBut(user, 'context.token'))
      assert.not.ok((await exec(user, ['cat', `${mountPath}/${name}`])).includes(joint), name)
  }),
)

captured.run()

/** The victim's pod uses a Connector of its own and one of the neighbour's. */
async function twoTeams({ namespace, gitServer }: Scenario) {
  const [victim, neighbour, own, shared] = [
    await namespace(),
    await namespace(),
    await gitServer(),
    await gitServer(),
  ]
  await Promise.all([own.createRepository('app'), shared.createRepository('app')])
  await createGitConnector({ name: 'own', namespace: victim, server: own })
  await createGitConnector({ name: 'shared', namespace: neighbour, server: shared })
  const inside = `--namespace=${neighbour}`
  const resources = 'connectors.connectors.alauda.io,connectors.connectors.alauda.io/proxy'
  await kubectl(['create', 'role', 'use-shared', '--verb=get', `--resource=${resources}`, inside])
  const whom = `--serviceaccount=${victim}:default`
  await kubectl(['create', 'rolebinding', 'use-shared', '--role=use-shared', whom, inside])
  await apply([catcher], neighbour)
  const connectors = `own,${neighbour}/shared`
  await apply([pod({ name: 'user', connectors, script: 'exec sleep infinity' })], victim)
  await Promise.all([untilPodReady('catcher', neighbour), untilPodReady('user', victim)])
  return { victim, neighbour, own, shared }
}

const proxyHost = `connectors-proxy-service.${systemNamespace}.svc.cluster.local`

/** The Connector's listing of a repository, by its own host and by the path at the proxy. */
function addressesOf({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  const path = '/app.git/info/refs?service=git-upload-pack'
  return [
    `http://c-${name}.${namespace}.svc.cluster.local${path}`,
    `http://${proxyHost}/namespaces/${namespace}/connectors/${name}${path}`,
  ] as const
}

const hijack = JSON.stringify({
  metadata: { ownerReferences: null },
  spec: {
    type: 'ClusterIP',
    externalName: null,
    selector: { app: 'catcher' },
    ports: [{ port: 80, targetPort: 8080 }],
  },
})

/** Writes down what it is sent. */
const listener = `
use IO::Socket::INET;
$| = 1;
my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 16, ReuseAddr => 1) or die $!;
while (my $client = $server->accept) {
  while (my $line = <$client>) {
    last if $line =~ /^\\r?$/;
    print $line;
  }
  print $client "HTTP/1.1 404 Not Found\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n";
  close $client;
}
`

const catcher: Manifest = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'catcher', labels: { app: 'catcher' } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'main',
        image: gitImage,
        imagePullPolicy: 'IfNotPresent',
        command: ['perl', '-e', listener],
        securityContext: restricted,
      },
    ],
  },
}

function caughtToken(log: string): string | undefined {
  const [, credential] = /^Authorization: Basic (\S+)/im.exec(log) ?? []
  return credential && passwordOf(credential)
}

function passwordOf(basic: string): string {
  const text = Buffer.from(basic, 'base64').toString()
  return text.slice(text.indexOf(':') + 1)
}

async function filesBut(target: ExecTarget, name: string): Promise<readonly string[]> {
  const listing = await exec(target, ['find', `${mountPath}/`, '-maxdepth', '1', '-type', 'l'])
  const names = listing
    .trim()
    .split('\n')
    .map(path => path.slice(mountPath.length + 1))
  const others = names.filter(found => found !== name && !found.startsWith('..'))
  assert.ok(others.length > 0)
  return others
}
