// Requests as a workload's tool makes them, with any token, to see what the proxy itself answers.
import { parseSeal } from '../../../seal/sealed-token.ts'
import { type ExecTarget, exec } from './kubectl.ts'

export type ProxyAnswer = { readonly status: number; readonly body: string }

export type AskOptions = {
  /** The host that is connected to, whatever the URL names. */
  readonly peer?: string
}

/** From within a container of the image of git. The token goes by standard input, not as an argument. */
export async function askProxy(
  target: ExecTarget,
  url: string,
  token: string,
  { peer = '' }: AskOptions = {},
): Promise<ProxyAnswer> {
  const answer = await exec(target, ['perl', '-MHTTP::Tiny', '-e', request, url, peer], { input: token })
  const end = answer.indexOf('\n')
  return { status: Number(answer.slice(0, end)), body: answer.slice(end + 1) }
}

const request = `
my $token = <STDIN>;
my $options = {headers => {Authorization => "Bearer $token"}};
$options->{peer} = $ARGV[1] if $ARGV[1];
my $answer = HTTP::Tiny->new(timeout => 20)->get($ARGV[0], $options);
print "$answer->{status}\\n$answer->{content}";
`

/** Seconds since the epoch. */
export type TokenLifetime = { readonly iat: number; readonly exp: number }

/** What a sealed token says of itself outside of the encryption. */
export function lifetimeOf(token: string): TokenLifetime {
  const header = parseSeal(token)?.header
  if (header === undefined) throw new Error('The token in the volume is not sealed')
  return header
}
