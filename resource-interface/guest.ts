// The part of the sandbox that is written for its inside: what is there before an expression runs.

/**
 * Evaluates to a function `(expression, input, hostUrl) => answer`. `expression` is the expression as a function of its variables and
 * `input` their values as JSON; the answer is JSON: `{value}`, or `{error}` and what was looked up and not there.
 * What an expression could use to make code from text, or to get another result the next time, is gone.
 */
export const prelude = `(() => {
  const { parse, stringify } = JSON
  const { isArray } = Array
  const { ownKeys } = Reflect
  const { defineProperty, keys } = Object
  const makeProxy = globalThis.Proxy
  for (const name of ['eval', 'Function', 'Proxy', 'BigInt']) delete globalThis[name]
  delete Math.random
  for (const make of [() => {}, function* () {}, async () => {}, async function* () {}]) {
    delete Object.getPrototypeOf(make).constructor
  }
  const track = (value, path, missing) => {
    if (typeof value !== 'object' || value === null) return value
    const copy = isArray(value) ? [] : {}
    for (const key of keys(value)) copy[key] = track(value[key], path + (isArray(value) ? '[' + key + ']' : '.' + key), missing)
    return new makeProxy(copy, {
      get(target, key) {
        if (typeof key === 'string' && key !== 'toJSON' && !(key in target)) missing.push(path + '.' + key)
        return target[key]
      },
    })
  }
  const describe = error => {
    try {
      return typeof error === 'object' && error !== null && 'message' in error
        ? error.name + ': ' + error.message
        : 'threw ' + String(error)
    } catch {
      return 'threw a value that cannot be shown'
    }
  }
  return (expression, input, hostUrl) => {
    const missing = []
    const url = text => {
      const fields = parse(hostUrl(String(text)))
      if (fields === null) throw new TypeError('no URL: ' + String(text).slice(0, 100))
      return defineProperty(fields, 'toString', { value: () => fields.href })
    }
    const values = parse(input).map(([name, value]) => (makeProxy ? track(value, name, missing) : value))
    try {
      const value = expression(...values, url)
      if (typeof value === 'number' && !(value - value === 0)) return stringify({ error: 'the value is ' + value, missing })
      if (typeof value === 'object' && value !== null && typeof value.then === 'function') {
        return stringify({ error: 'the value is a promise', missing })
      }
      if (['function', 'symbol', 'bigint'].includes(typeof value)) {
        return stringify({ error: 'the value is a ' + typeof value, missing })
      }
      return stringify({ value, missing })
    } catch (error) {
      return stringify({ error: describe(error), missing })
    }
  }
})()`

/** A JavaScript expression as a function of its variables; the breaks keep a comment at its end from taking more. */
export function functionOf(expression: string, names: readonly string[]): string {
  return `(${names.join(', ')}) => (\n${expression}\n)`
}
