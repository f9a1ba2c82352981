// urlParse and urlJoin: URLs taken apart into dictionaries and put together again.
import type { Call, TemplateFunction } from '../function.ts'
import { define, dict, FunctionError, string } from '../function.ts'
import { type Dict, dict as makeDict, Text, typeOf } from '../value.ts'
import { formatUrl, formatUserinfo, type GoUrl, hostname, parseUrl, UrlError } from './net-url.ts'
import { NIL_DEREFERENCE } from './text.ts'

function charge(call: Call, text: string): void {
  call.steps(Math.ceil(text.length / 4))
  call.allocate(text.length * 8)
}

function parseOrFail(call: Call, text: string, what: string): GoUrl {
  charge(call, text)
  try {
    return parseUrl(text)
  } catch (error) {
    if (!(error instanceof UrlError)) throw error
    // Problems quote pieces of the URL, which can hold a password.
    const problem = error.problem.replace(/ ?"(?:[^"\\]|\\.)*"/gs, '')
    throw new FunctionError(`${what}: ${error.message}`, `${what}: ${problem}`)
  }
}

function dictFromUrl(url: GoUrl): Dict {
  return makeDict([
    ['scheme', url.scheme],
    ['host', url.host],
    ['hostname', hostname(url)],
    ['path', url.path],
    ['query', url.rawQuery],
    ['opaque', url.opaque],
    ['fragment', url.fragment],
    ['userinfo', url.user === undefined ? '' : formatUserinfo(url.user)],
  ])
}

function textAt(parts: Dict, key: string): string {
  const value = parts.get(key)
  if (value === undefined) return ''
  if (typeof value === 'string') return value
  if (value instanceof Text) return value.value
  const type = typeOf(value)
  throw new FunctionError(
    type === undefined
      ? NIL_DEREFERENCE
      : `unable to parse ${key} key, must be of type string, but ${type.kind} found`,
  )
}

function urlFromDict(call: Call, parts: Dict): GoUrl {
  const [scheme, host, path, rawQuery, opaque, fragment, userinfo] = [
    'scheme',
    'host',
    'path',
    'query',
    'opaque',
    'fragment',
    'userinfo',
  ].map(key => textAt(parts, key)) as [string, string, string, string, string, string, string]
  const what = 'unable to parse userinfo in dict'
  const user = userinfo === '' ? undefined : parseOrFail(call, `proto://${userinfo}@host`, what).user
  return { scheme, host, path, rawQuery, opaque, fragment, user }
}

export const url: Readonly<Record<string, TemplateFunction>> = {
  urlParse: define([string], (call, text) => dictFromUrl(parseOrFail(call, text, 'unable to parse url'))),
  urlJoin: define([dict], (call, parts) => {
    const joined = formatUrl(urlFromDict(call, parts))
    charge(call, joined)
    return joined
  }),
}
