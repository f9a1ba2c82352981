// Where git keeps a token.
import { basicValue, type Carrier, distantUrl, netrc, run, type Sending, withUserInfo } from './carrier.ts'

const repository = '/app.git'

function lsRemote({ dir }: Sending, url: string, files: Readonly<Record<string, string>> = {}) {
  return run(['git', 'ls-remote', url + repository], {
    dir,
    env: { GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' },
    files,
  })
}

export const gitCarriers: readonly Carrier[] = [
  { to: 'connector', place: 'URL', send: sending => lsRemote(sending, withUserInfo(sending)) },
  {
    to: 'connector',
    place: 'insteadOf',
    send: sending =>
      lsRemote(sending, 'https://git.test', {
        '.gitconfig': `[url "${withUserInfo(sending)}/"]\n\tinsteadOf = https://git.test/\n`,
      }),
  },
  {
    to: 'connector',
    place: 'extraHeader',
    send: sending =>
      lsRemote(sending, sending.url, {
        '.gitconfig': `[http "${sending.url}/"]\n\textraHeader = "Authorization: Basic ${basicValue(sending)}"\n`,
      }),
  },
  {
    to: 'connector',
    place: '.git-credentials',
    send: sending =>
      lsRemote(sending, sending.url, {
        '.gitconfig': '[credential]\n\thelper = store\n',
        '.git-credentials': `${new URL(withUserInfo(sending)).href.replace(new URL(sending.url).pathname, '')}\n`,
      }),
  },
  {
    to: 'connector',
    place: '.netrc',
    send: sending => lsRemote(sending, sending.url, { '.netrc': netrc(sending) }),
  },
  {
    to: 'forward-proxy',
    place: 'http.proxy',
    send: sending =>
      lsRemote(sending, distantUrl, {
        '.gitconfig': `[http]\n\tproxy = ${withUserInfo(sending)}\n`,
      }),
  },
]
