// A Git server in the cluster, behind a user name and a password: lighttpd in front of git's own http-backend.
import { randomBytes } from 'node:crypto'
import { gitServerImage } from './images.ts'
import { apply, exec, kubectl, type Manifest } from './kubectl.ts'
import { restricted } from './workload.ts'

export type GitServer = {
  readonly namespace: string
  /** `http://git.<namespace>.svc.cluster.local` */
  readonly url: string
  readonly username: string
  readonly password: string
  /** Of a new bare repository `<name>.git` with one commit, on the branch `main`, that holds a README.md. */
  createRepository(name: string): Promise<string>
  /** Runs git on the server in that repository, past all access control. */
  git(repository: string, args: readonly string[]): Promise<string>
}

const root = '/srv/git'
const port = 8080

export async function startGitServer(namespace: string): Promise<GitServer> {
  const username = 'builder'
  const password = `canary-${randomBytes(18).toString('hex')}`
  await apply(manifests(username, password), namespace)
  await kubectl(['rollout', 'status', `--namespace=${namespace}`, 'deployment/git', '--timeout=120s'])
  const target = { namespace, pod: 'deployment/git' }
  const git = (repository: string, args: readonly string[]) =>
    exec(target, ['git', '-C', `${root}/${repository}.git`, ...args])
  return {
    namespace,
    url: `http://git.${namespace}.svc.cluster.local`,
    username,
    password,
    async createRepository(name) {
      await exec(target, ['sh', '-eu', '-s', name], { input: createScript })
      return (await git(name, ['rev-parse', 'main'])).trim()
    },
    git,
  }
}

const createScript = `
export HOME=/tmp
git init --quiet --bare --initial-branch=main "${root}/$1.git"
git -C "${root}/$1.git" config http.receivepack true
seed=$(mktemp -d)
git clone --quiet "${root}/$1.git" "$seed" 2>/dev/null
cd "$seed"
echo "# $1" >README.md
git add README.md
git -c user.name=Seed -c user.email=seed@example.com commit --quiet --message First
git push --quiet origin HEAD:main
`

/** Every path but none is open: a liveness probe gets 401 as well. */
const configuration = `
server.port = ${port}
server.document-root = "/tmp"
server.errorlog = "/dev/stderr"
server.modules = ("mod_auth", "mod_authn_file", "mod_alias", "mod_setenv", "mod_cgi", "mod_accesslog")
accesslog.filename = "/dev/stdout"
auth.backend = "plain"
auth.backend.plain.userfile = "/etc/git-server/users"
auth.require = ("/" => ("method" => "basic", "realm" => "git", "require" => "valid-user"))
setenv.add-environment = ("GIT_PROJECT_ROOT" => "${root}", "GIT_HTTP_EXPORT_ALL" => "1")
alias.url = ("/" => "/usr/lib/git-core/git-http-backend/")
cgi.assign = ("" => "")
`

function manifests(username: string, password: string): Manifest[] {
  const labels = { app: 'git' }
  const container = {
    name: 'git',
    image: gitServerImage,
    imagePullPolicy: 'IfNotPresent',
    command: ['lighttpd', '-D', '-f', '/etc/git-server/lighttpd.conf'],
    ports: [{ containerPort: port }],
    readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
    securityContext: restricted,
    volumeMounts: [
      { name: 'settings', mountPath: '/etc/git-server', readOnly: true },
      { name: 'repositories', mountPath: root },
    ],
  }
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'git-server' },
      stringData: { 'lighttpd.conf': configuration, users: `${username}:${password}\n` },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'git' },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: 0,
            containers: [container],
            volumes: [
              { name: 'settings', secret: { secretName: 'git-server' } },
              { name: 'repositories', emptyDir: {} },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'git' },
      spec: { selector: labels, ports: [{ port: 80, targetPort: port }] },
    },
  ]
}
