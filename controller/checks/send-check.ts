// The checks that go out to the network: a Connector's probes and a class's links.
import type { SecureContext } from 'node:tls'
import { ConnectorsError } from '../../connector/errors.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { ConnectTo } from '../../tool/dial/connect-to.ts'
import { dial, type Origin } from '../../tool/dial/dial.ts'
import { DialError } from '../../tool/dial/dial-error.ts'
import type { Reach } from '../../tool/dial/resolve.ts'
import { sendRequest, type ToolAnswer } from '../../tool/request.ts'
import { retryAfterMs } from '../../tool/retry-after.ts'
import { outcomeOfAnswer, outcomeOfError } from '../connector/probe-outcome.ts'
import type { ProbePlan } from '../connector/probe-plan.ts'
import type { Check, CheckOutcome } from './results.ts'

export type SendCheck = {
  readonly probe: (plan: ProbePlan) => Check
  readonly link: (link: { readonly name: string; readonly url: string }) => Check
}

export type SendCheckOptions = {
  readonly clock: Clock
  readonly trust: () => SecureContext
  readonly connectTo: ConnectTo
  readonly reach: Reach
}

const timeoutMs = 10_000

export function createSendCheck({ clock, trust, connectTo, reach }: SendCheckOptions): SendCheck {
  return {
    probe: plan => ({
      name: plan.name,
      fingerprint: plan.fingerprint,
      host: plan.request.address.host,
      async run({ signal }) {
        try {
          const answer = await sendRequest(plan.request, {
            signal,
            trust: trust(),
            timeoutMs,
            userAgent: 'connectors-probe',
            connectTo,
            reach,
            owner: plan.namespace,
          })
          const asked = retryAfter(answer, clock.now())
          return { outcome: outcomeOfAnswer(plan, answer), retryAfterMs: asked }
        } catch (error) {
          if (!(error instanceof ConnectorsError)) throw error
          return { outcome: outcomeOfError(plan, error) }
        }
      },
    }),
    link: ({ name, url }) => ({
      name,
      fingerprint: url,
      host: new URL(url).host,
      async run({ signal }) {
        try {
          const options = {
            signal,
            trust: trust(),
            policy: 'class',
            owner: '',
            reach,
            connectTimeoutMs: timeoutMs,
            connectTo,
          } as const
          const socket = await dial(linkOrigin(url), options)
          socket.destroy()
          return { outcome: reachable }
        } catch (error) {
          if (!(error instanceof DialError)) throw error
          return { outcome: { status: 'False', reason: error.reason, message: error.message } }
        }
      },
    }),
  }
}

const reachable: CheckOutcome = { status: 'True', reason: 'Reachable', message: '' }

/** Only the link is tested, whatever answers on it: no TLS handshake, whose authority only the user of it knows. */
function linkOrigin(url: string): Origin {
  const { protocol, hostname, port } = new URL(url)
  const usual = protocol === 'https:' ? 443 : 80
  return { scheme: 'http', hostname, port: port === '' ? usual : Number(port) }
}

function retryAfter({ statusCode, headers }: ToolAnswer, nowMs: number): number | undefined {
  if (statusCode !== 429 && statusCode !== 503) return undefined
  return retryAfterMs(headers.get('retry-after')?.[0], nowMs)
}
