// Where curl and wget keep a token.
import { bearer, type Carrier, distantUrl, netrc, run, type Sending, withUserInfo } from './carrier.ts'

function curl({ dir }: Sending, args: readonly string[], files = {}) {
  return run(['curl', '--silent', '--show-error', '--fail', ...args], { dir, files })
}

export const curlCarriers: readonly Carrier[] = [
  { to: 'connector', place: 'URL', send: sending => curl(sending, [withUserInfo(sending)]) },
  {
    to: 'connector',
    place: '--user',
    send: sending => curl(sending, ['--user', `${sending.user}:${sending.token}`, sending.url]),
  },
  {
    to: 'connector',
    place: '--header',
    send: sending => curl(sending, ['--header', bearer(sending), sending.url]),
  },
  {
    to: 'connector',
    place: '.curlrc',
    send: sending =>
      curl(sending, [sending.url], { '.curlrc': `user = "${sending.user}:${sending.token}"\n` }),
  },
  {
    to: 'connector',
    place: '.netrc, a line for each word',
    send: sending => curl(sending, ['--netrc', sending.url], { '.netrc': netrc(sending) }),
  },
  {
    to: 'connector',
    place: '.netrc, all on one line',
    send: sending =>
      curl(sending, ['--netrc', sending.url], { '.netrc': netrc(sending).trim().replaceAll('\n', ' ') }),
  },
  {
    to: 'forward-proxy',
    place: 'http_proxy',
    send: sending =>
      run(['curl', '--silent', '--show-error', '--fail', distantUrl], {
        dir: sending.dir,
        env: { http_proxy: withUserInfo(sending) },
      }),
  },
  {
    to: 'forward-proxy',
    place: '--proxy, for https',
    send: sending => curl(sending, ['--proxy', withUserInfo(sending), distantUrl.replace('http', 'https')]),
  },
]

function wget(
  { dir }: Sending,
  args: readonly string[],
  more: { env?: Record<string, string>; files?: Record<string, string> } = {},
) {
  return run(['wget', '--quiet', '--tries=1', '--output-document=answer', ...args], { dir, ...more })
}

export const wgetCarriers: readonly Carrier[] = [
  { to: 'connector', place: 'URL', send: sending => wget(sending, [withUserInfo(sending)]) },
  {
    to: 'connector',
    place: '--password',
    send: sending => wget(sending, [`--user=${sending.user}`, `--password=${sending.token}`, sending.url]),
  },
  {
    to: 'connector',
    place: '--header',
    send: sending => wget(sending, [`--header=${bearer(sending)}`, sending.url]),
  },
  {
    to: 'connector',
    place: '.wgetrc',
    send: sending =>
      wget(sending, [sending.url], {
        files: { '.wgetrc': `user = ${sending.user}\npassword = ${sending.token}\n` },
      }),
  },
  {
    to: 'connector',
    place: '.netrc',
    send: sending => wget(sending, [sending.url], { files: { '.netrc': netrc(sending) } }),
  },
  {
    to: 'forward-proxy',
    place: 'http_proxy',
    send: sending => wget(sending, [distantUrl], { env: { http_proxy: withUserInfo(sending) } }),
  },
]
