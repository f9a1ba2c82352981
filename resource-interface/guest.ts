// What is written for the inside of the sandbox.

/**
 * A function `(expression, input, hostUrl) => answer`. `expression` is a function of its variables, `input` their
 * values as JSON; the answer is JSON that the expression cannot forge. It takes what it needs of the language before the expression can change it.
 * It is parsed anew for each run, so it is short.
 */
export const plainCall = `(expression, input, hostUrl) => {
  const { parse, stringify } = JSON
  delete Math.random
  const url = text => {
    if (text == null) throw new TypeError('cannot take the URL of ' + text)
    const fields = parse(hostUrl(text = String(text)))
    if (!fields) throw new TypeError('Invalid URL: ' + text)
    fields.__proto__ = { toString: () => fields.href }
    return fields
  }
  const value = expression(...parse(input), url)
  return stringify({ __proto__: null, value, type: typeof value?.then == 'function' ? 'promise' : typeof value })
}`

/** Answers with lines: the paths that the expression looked up in its variables and did not find, whatever its value. */
export const trackedCall = `(expression, input, hostUrl, names) => {
  const { parse, stringify } = JSON
  const missing = []
  const makeProxy = Proxy
  delete globalThis.Proxy
  names = parse(names)
  const track = (value, path) => {
    if (typeof value != 'object' || value === null) return value
    const isList = Array.isArray(value)
    const step = key => path + (isList ? '[' + key + ']' : '.' + key)
    for (const key of Object.keys(value)) value[key] = track(value[key], step(key))
    return new makeProxy(value, {
      get(target, key) {
        if (typeof key == 'string' && key != 'toJSON' && !(key in target)) missing.push(step(key))
        return target[key]
      },
    })
  }
  const url = text => track(parse(hostUrl(String(text))), 'url(...)')
  try {
    stringify(expression(...parse(input).map((value, index) => track(value, names[index])), url))
  } catch {}
  return missing.join('\\n')
}`

/** A JavaScript expression as a function of its variables; the breaks keep a comment at its end from taking more. */
export function functionOf(expression: string, names: readonly string[]): string {
  return `(${names.join(', ')}) => (\n${expression}\n)`
}
