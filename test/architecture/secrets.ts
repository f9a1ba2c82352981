// The audit list: every file that opens a secret, and why it must.
import { codeOf, type SourceFile } from './source.ts'

export const revealing: Readonly<Record<string, string>> = {
  'bench/callers/bench.ts': 'calls the proxy as many clients would, each with a token',
  'bench/proxy/ours.ts': 'calls the proxy as a client would, with a token',
  'cli/demo/demo.ts': 'looks for the password of the demo in every file of the volume',
  'cli/demo/git-server.ts': 'compares what a client of the demo presents with its password',
  'cli/dev/kubelet.ts': 'hands the volume driver the tokens of a pod, as a kubelet does',
  'connector/inject.ts': 'puts the credential into the request that leaves for the tool',
  'connector/probe.ts': 'gives the Secret to the templates of the request that checks it',
  'connector/render.ts': 'writes the context token into the mounted files',
  'csi/fingerprint.ts': 'takes the token into the hash by which a volume knows that it is up to date',
  'csi/seal.ts': 'measures the sealed token, which clients cut when it is too long',
  'kube/config/credentials.ts':
    'makes the Authorization header for the API server, anew when the token changes',
  'kube/client/transport.ts': 'sends that header and opens TLS with the client key',
  'kube/review/token-review.ts': 'asks the API server whom a token belongs to',
  'proxy/authenticate.ts': 'tells a sealed token from another one, and opens it',
  'proxy/relay.ts': 'keeps the token of the caller from going on to the tool',
  'seal/sealed-token.ts': 'encrypts the token of a volume for the proxy',
  'seal/sealing-keys.ts': 'writes the private keys into their Secret, and reads them from there',
  'tool/inject/from-secret.ts': 'knows the injected values, so that no answer carries one back',
}

export function checkReveals(files: readonly SourceFile[], declared = revealing): string[] {
  const found = files.filter(({ path, text }) => !path.startsWith('test/') && /\.reveal\(/.test(codeOf(text)))
  const paths = found.map(({ path }) => path)
  return [
    ...paths
      .filter(path => !(path in declared))
      .map(path => `${path}: opens a secret: say why in test/architecture/secrets.ts`),
    ...Object.keys(declared)
      .filter(path => !paths.includes(path))
      .map(path => `${path}: opens no secret any more: take it out of test/architecture/secrets.ts`),
  ]
}
