// What a test process tells the runner, one JSON line each on file descriptor 3.

export const reportFd = 3

export interface Failure {
  readonly message: string
  /** The assertion's difference, already laid out in lines. */
  readonly details: string
  readonly stack: string
}

/** Why a file fails without, or besides, a failing test. */
export type ProblemCode =
  | 'load' // does not parse, or throws while it is imported
  | 'hook' // a before, after, before.each or after.each hook threw
  | 'no-run' // a suite holds tests and `.run()` was not called
  | 'no-test' // a file or a suite without a test
  | 'only' // a stray `.only`
  | 'skip' // a `.skip`: silence is not a result
  | 'crash' // an unhandled rejection or an uncaught exception
  | 'exit' // the process was ended from inside, or ended with a status of its own
  | 'unfinished' // nothing was left to wait for, and a test had not settled
  | 'hang' // no end within the time limit
  | 'open' // all tests ended and something keeps the process alive

export interface Problem {
  readonly code: ProblemCode
  readonly text: string
  readonly failure?: Failure
}

export type Report =
  | { readonly kind: 'start'; readonly test: string }
  | { readonly kind: 'pass'; readonly test: string }
  | { readonly kind: 'fail'; readonly test: string; readonly failure: Failure }
  | { readonly kind: 'problem'; readonly problem: Problem }
  | { readonly kind: 'done' }

export function failureFrom(error: unknown): Failure {
  if (!(error instanceof Error))
    return { message: `thrown value: ${printable(error)}`, details: '', stack: '' }
  const { details } = error as { details?: unknown }
  const stack = error.stack ?? ''
  const frames = stack.split('\n').filter(line => /^\s+at /.test(line) && !isMachinery(line))
  const cause = error.cause === undefined ? '' : `\ncaused by ${printable(error.cause)}`
  // Node puts the excerpt of a file that does not parse in front of the message.
  const excerpt = error instanceof SyntaxError ? stack.slice(0, Math.max(0, stack.indexOf(error.name))) : ''
  return {
    message: `${isAssertion(error) ? '' : `${error.name}: `}${error.message}${cause}`,
    details: typeof details === 'string' ? details : excerpt,
    stack: frames.join('\n'),
  }
}

function isAssertion(error: Error): boolean {
  return (error as { code?: unknown }).code === 'ERR_ASSERTION'
}

function isMachinery(frame: string): boolean {
  return /\bnode:internal\/|\/node_modules\/uvu\/|\/test\/runner\//.test(frame)
}

function printable(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`
  try {
    return typeof value === 'object' ? JSON.stringify(value) : String(value)
  } catch {
    return typeof value
  }
}
