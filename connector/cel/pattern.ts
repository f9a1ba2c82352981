// Regular expressions: RE2's syntax and linear time. The library would run them on JavaScript's, which a short pattern
// can hold up for ever.
import { RE2JS } from 're2js'
import { Fault, type Spend } from './meter.ts'

/** Of what a pattern is compiled to; Go allows a thousand repetitions in all of what may stand in braces. */
const mostInstructions = 10_000
const mostRepetitions = 1000

/** Throws an Error for a pattern that is none or that is too large. */
export function compilePattern(pattern: string): (spend: Spend, text: unknown) => boolean {
  const most = pattern.length * repetitions(pattern)
  if (most > mostInstructions) throw new Error(`a pattern may come to more than ${mostInstructions} steps`)
  const compiled = RE2JS.compile(pattern)
  const size = compiled.programSize()
  return (spend, text) => {
    if (typeof text !== 'string') throw new Fault('matches is called on what is not a string')
    spend(1 + Math.ceil((text.length * size) / 10))
    return compiled.test(text)
  }
}

function repetitions(pattern: string): number {
  let product = 1
  for (const [, least = '', most = ''] of pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g))
    product = Math.min(mostRepetitions, product * Math.max(1, Number(least), Number(most)))
  return product
}
