// uvu, watched: the same suites, run by uvu itself, with every registration, result and hook reported.
// uvu 0.5.6 swallows errors of hooks and forgotten `.run()` calls, and does not expose what it ran.
import * as uvu from 'uvu'
import { failureFrom, type ProblemCode, type Report } from './reports.ts'

type Callback = uvu.Callback
type Hook = uvu.Test['before']

interface Watched {
  readonly name: string
  /** Tests registered since the last `.run()`: what would be lost if no other came. */
  waiting: number
}

const suites: Watched[] = []
let declared = 0
let reported = 0
/** A failed hook or an `.only` has said already why tests did not run. */
let explained = false
let send: (report: Report) => void = () => {}

export function reportTo(sink: (report: Report) => void): void {
  send = sink
}

export function problem(code: ProblemCode, text: string, error?: unknown): void {
  explained ||= code === 'hook' || code === 'only'
  const failure = error === undefined ? {} : { failure: failureFrom(error) }
  send({ kind: 'problem', problem: { code, text, ...failure } })
}

/** What only shows when all has run: suites that nobody ran, and tests that uvu passed over. */
export function settle(): void {
  let forgotten = 0
  for (const { name, waiting } of suites) {
    if (waiting === 0) continue
    forgotten += waiting
    problem('no-run', `${name || 'the suite'} holds ${waiting} test(s) that no .run() follows`)
  }
  if (declared === 0) problem('no-test', 'the file declares no test')
  else if (!explained && declared - forgotten > reported) {
    problem('unfinished', `${declared - forgotten - reported} declared test(s) did not run`)
  }
}

export function suite<T = Record<string, unknown>>(name = '', context?: T): uvu.Test<T> {
  const real = uvu.suite(name, context as Record<string, unknown>)
  const watched: Watched = { name, waiting: 0 }
  suites.push(watched)

  const declare = (test: string, run: Callback): [string, Callback] => {
    watched.waiting++
    declared++
    return [test, observeTest(fullName(name, test), run)]
  }
  const observed = (test: string, run: Callback) => real(...declare(test, run))
  observed.only = (test: string, run: Callback) => {
    problem('only', `.only on "${fullName(name, test)}" keeps other tests from running`)
    real.only(...declare(test, run))
  }
  observed.skip = (test = '') => problem('skip', `.skip on "${fullName(name, test)}"`)
  observed.before = observeHooks(real.before, 'before', name)
  observed.after = observeHooks(real.after, 'after', name)
  observed.run = () => {
    if (watched.waiting === 0) problem('no-test', `${name || 'a suite'} is run without a test`)
    watched.waiting = 0
    real.run()
  }
  return observed as uvu.Test<T>
}

export const test = suite()

function observeTest(test: string, run: Callback): Callback {
  return async context => {
    send({ kind: 'start', test })
    reported++
    try {
      await run(context)
    } catch (error) {
      const failure = failureFrom(error)
      send({ kind: 'fail', test, failure })
      // Plain, because uvu's own formatting throws on values that it does not expect.
      throw new Error(failure.message)
    }
    send({ kind: 'pass', test })
  }
}

function observeHooks(real: Hook, kind: 'before' | 'after', suiteName: string): Hook {
  const observe = (hook: string, run: Callback): Callback => {
    let told = false
    return async context => {
      try {
        await run(context)
      } catch (error) {
        // uvu calls a failed after.each a second time.
        if (!told) {
          const where = [fullName(suiteName, hook), context.__test__].filter(Boolean).join(' at ')
          problem('hook', `${where} threw`, error)
        }
        told = true
        throw new Error('a hook threw')
      }
    }
  }
  const observed = (run: Callback) => real(observe(kind, run))
  observed.each = (run: Callback) => real.each(observe(`${kind}.each`, run))
  return observed
}

function fullName(suiteName: string, test: string): string {
  return suiteName ? `${suiteName} › ${test}` : test
}
