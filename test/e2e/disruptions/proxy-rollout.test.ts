// The proxy's replicas are replaced while it is used: install.md, "zero failed transfers in a rolling update".
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createGitConnector } from '../harness/connector.ts'
import type { GitServer } from '../harness/git-server.ts'
import { apply, exec, getObject, kubectl, podLogs, until } from '../harness/kubectl.ts'
import { componentPods, systemNamespace, untilComponentReady } from '../harness/release.ts'
import { measured, scenario } from '../harness/scenario.ts'
import { mountPath, pod, podEnded, untilPodReady } from '../harness/workload.ts'

const rollout = suite('a rolling restart of the proxy')

rollout(
  'fails no clone, and ends no transfer that runs',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const server = await gitServer()
    await server.createRepository('app')
    await createGitConnector({ name: 'repo', namespace: team, server })
    const large = await addLargeFile(server)
    const { status } = await getObject('connector', 'repo', team)
    const url = `${status.proxy.httpAddress.url}/app.git/${largeFile}`
    await apply(
      [
        pod({ name: 'slow', connectors: 'repo', script: slowDownload, env: { URL: url } }),
        pod({ name: 'busy', connectors: 'repo', script: cloneForever(server) }),
      ],
      team,
    )
    await Promise.all([untilPodReady('slow', team), untilPodReady('busy', team)])
    const slow = { namespace: team, pod: 'slow' }
    await until(async () => (await exec(slow, ['ls', '/home/git'])).includes('begun'), {
      what: 'a transfer to begin',
      timeoutMs: 20_000,
    })
    const before = (await componentPods('connectors-proxy')).map(({ metadata }) => metadata.name)

    const inside = ['deployment/connectors-proxy', `--namespace=${systemNamespace}`]
    await kubectl(['rollout', 'restart', ...inside])
    await kubectl(['rollout', 'status', ...inside, '--timeout=120s'])
    const ending = await until(
      async () => {
        const pods = await componentPods('connectors-proxy')
        const old = pods.filter(({ metadata }) => before.includes(metadata.name))
        return (
          old.every(({ metadata }) => metadata.deletionTimestamp !== undefined) && old.length === 1 && old
        )
      },
      { what: 'all replicas to go but the one that is busy' },
    )
    await exec(slow, ['touch', '/home/git/go-on'])
    assert.is(await podEnded('slow', team), 'Succeeded')
    assert.is((await podLogs(team, 'slow')).trim(), `200 ${large}`, 'the transfer is complete')

    await exec({ namespace: team, pod: 'busy' }, ['touch', '/home/git/stop'])
    const outcome = await podEnded('busy', team)
    const clones = await podLogs(team, 'busy')
    assert.is(outcome, 'Succeeded', clones)
    measured('clones meanwhile, all good', clones.trim())
    await kubectl([
      'wait',
      '--for=delete',
      `pod/${ending[0]?.metadata.name}`,
      inside[1] ?? '',
      '--timeout=60s',
    ])
    await untilComponentReady('connectors-proxy')
  }),
)

rollout.run()

/** Git's own server hands out whatever is under such a name as it is. */
const largeFile = `objects/ff/${'f'.repeat(38)}`

/** 32 MiB. Gives back their digest. */
async function addLargeFile({ namespace }: GitServer): Promise<string> {
  const script = `
cd /srv/git/app.git
mkdir -p objects/ff
head -c 33554432 /dev/urandom >${largeFile}
sha256sum <${largeFile} | cut -d' ' -f1`
  return (await exec({ namespace, pod: 'deployment/git' }, ['sh', '-euc', script])).trim()
}

/** Stops reading after the first part, so that the transfer lasts, until it is told to go on. */
const slowDownload = `
exec perl -MHTTP::Tiny -MDigest::SHA -e '
  open my $file, "<", "${mountPath}/context.token";
  my $token = <$file>;
  my $digest = Digest::SHA->new(256);
  my $read = sub {
    $digest->add($_[0]);
    open my $mark, ">", "/home/git/begun";
    select undef, undef, undef, 0.2 until -e "/home/git/go-on";
  };
  my %options = (headers => {Authorization => "Bearer $token"}, data_callback => $read);
  my $answer = HTTP::Tiny->new(timeout => 120)->get($ENV{URL}, \\%options);
  print "$answer->{status} ", $digest->hexdigest, "\\n";
'`

function cloneForever(server: GitServer): string {
  return `
count=0
while [ ! -e /home/git/stop ]; do
  git clone --quiet ${server.url}/app.git app
  rm -rf app
  count=$((count + 1))
done
echo $count`
}
