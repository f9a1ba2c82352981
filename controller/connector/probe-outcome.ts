// What a probe's answer, or the lack of one, means for its condition. Messages show no body and no credential.
import { ConnectorsError } from '../../connector/errors.ts'
import { isProbeSuccess, type ProbeAnswer } from '../../connector/probe.ts'
import { DialError } from '../../tool/dial/dial-error.ts'
import type { CheckOutcome } from '../checks/results.ts'
import type { ProbePlan } from './probe-plan.ts'

export function outcomeOfAnswer(plan: ProbePlan, answer: ProbeAnswer): CheckOutcome {
  const { statusCode } = answer
  let success: boolean
  try {
    success = isProbeSuccess(plan.http, answer)
  } catch (error) {
    if (!(error instanceof ConnectorsError)) throw error
    if (error.code === 'LIMIT') return failure('ProbeInvalid', error.message)
    // What the expression choked on may be the answer's words: only where it stands is told.
    return failure(
      'ProbeInvalid',
      `response.cel gives no result for an answer with status code ${statusCode}`,
    )
  }
  if (success) return { status: 'True', reason: 'ProbeSucceeded', message: '' }
  const answered2xx = statusCode >= 200 && statusCode < 300
  if (plan.name === 'auth' && (statusCode === 401 || statusCode === 403)) {
    return failure('AuthenticationFailed', `Authentication failed: status code ${statusCode}`)
  }
  if (plan.name === 'auth' && answered2xx) {
    return failure('AuthenticationFailed', 'Authentication failed: the answer does not satisfy response.cel')
  }
  const cause = answered2xx ? 'the answer does not satisfy response.cel' : `status code ${statusCode}`
  return failure('UnexpectedResponse', requestMessage(plan, cause))
}

export function outcomeOfError(plan: ProbePlan, error: ConnectorsError): CheckOutcome {
  if (error.code === 'INVALID') return failure('ProbeInvalid', error.message)
  if (!(error instanceof DialError)) return failure(error.reason, error.message)
  const unverified = error.reason === 'TLSVerificationFailed' && plan.name === 'liveness'
  return failure(
    unverified ? 'TLSVerificationFailed' : 'ConnectionFailed',
    requestMessage(plan, error.current),
  )
}

function requestMessage({ request, shownUrl }: ProbePlan, cause: string): string {
  return `${request.method === 'POST' ? 'Post' : 'Get'} "${shownUrl}": ${cause}`
}

function failure(reason: string, message: string): CheckOutcome {
  return { status: 'False', reason, message }
}
