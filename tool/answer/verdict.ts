// answer: what becomes of a tool's answer, judged by what it is and not by how the request was spelled.
// Spec: proxy.md, "What comes back".
import { ConnectorsError } from '../../connector/errors.ts'
import { isLfsType } from '../../connector/protocol/lfs.ts'
import type { ByteSequences } from '../../http/message/byte-sequences.ts'
import { findHeader, type HeaderList } from '../../http/message/headers.ts'
import type { Answer, BodyMemory, ResponseVerdict } from '../../http/message/ports.ts'
import type { ToolResponse } from '../../http/message/response.ts'
import { type ReturnPath, rewriteResponseHeaders } from './headers.ts'
import { lfsRefused, maxLfsAnswerBytes, parseLfsAnswer, rewriteLfsAnswer } from './lfs.ts'
import { carriesTrace } from './traces.ts'

export type AnswerOptions = {
  readonly returnPath: ReturnPath
  /** The request's method. */
  readonly method: string
  /** The tool may have taken the request for one of the LFS API, and was asked not to encode its answer. */
  readonly isLfs: boolean
  /** What is looked for in bodies that stream; undefined where the class has switched it off or there is nothing. */
  readonly sequences: ByteSequences | undefined
  /** Undefined where the caller has too many answers read at once. */
  openMemory(): BodyMemory | undefined
  /** The answer in place of the tool's. */
  withhold(error: unknown): Answer
}

/** JSON up to this size is looked at as a whole before any of it goes on. */
const maxJsonBytes = 256 * 1024

/** Verdict on the head of an answer, and through it on the body. */
export function judgeAnswer(response: ToolResponse, options: AnswerOptions): ResponseVerdict {
  const { returnPath } = options
  // The reason phrase is the tool's to choose, and passes as it is.
  if (carriesTrace(response.reasonPhrase, returnPath.traces.texts)) {
    return options.withhold(credentialInAnswer())
  }
  const headers = rewriteResponseHeaders(response.headers, returnPath)
  if (response.status < 200 || response.contentLength === 0 || options.method === 'HEAD') {
    return { kind: 'pass', headers }
  }
  switch (kindOf(response, options)) {
    case 'lfs':
      return lfsVerdict({ ...response, headers }, options)
    case 'json':
      return jsonVerdict({ ...response, headers }, options)
    case 'stream':
      return streamVerdict(headers, options)
  }
}

function kindOf(
  answer: ToolResponse,
  { isLfs, method, returnPath }: AnswerOptions,
): 'lfs' | 'json' | 'stream' {
  const type = mediaType(answer.headers)
  if (isLfsType(type)) return 'lfs'
  const { contentLength } = answer
  if (isLfs) {
    // Objects of any size come from the same paths, and are of the type that says nothing.
    const isObject = type === 'application/octet-stream'
    const isSmall = contentLength !== undefined ? contentLength <= maxLfsAnswerBytes : method !== 'GET'
    if (isJsonType(type) || type === '' || (isObject && isSmall)) return 'lfs'
  }
  const isShort = contentLength !== undefined && contentLength <= maxJsonBytes
  const isRead = isShort && isJsonType(type) && isUnencoded(answer.headers)
  return isRead && returnPath.traces.strong.length > 0 ? 'json' : 'stream'
}

function lfsVerdict(answer: ToolResponse, options: AnswerOptions): ResponseVerdict {
  const { returnPath } = options
  if (!isUnencoded(answer.headers))
    return options.withhold(lfsRefused('it is encoded without having been asked for'))
  const memory = options.openMemory()
  if (memory === undefined) return options.withhold(tooManyAnswers())
  const isNamed = isLfsType(mediaType(answer.headers)) || isJsonType(mediaType(answer.headers))
  return {
    kind: 'collect',
    limitBytes: maxLfsAnswerBytes,
    memory,
    rewrite: body => {
      try {
        return wholeAnswer(answer, rewriteLfs(body.toString('utf8'), { isNamed, returnPath }) ?? body)
      } catch (error) {
        return options.withhold(error)
      }
    },
  }
}

/** Undefined for what may go on as it is. Throws UNAVAILABLE for what may not. */
function rewriteLfs(
  text: string,
  { isNamed, returnPath }: { readonly isNamed: boolean; readonly returnPath: ReturnPath },
): string | undefined {
  const parsed = parseLfsAnswer(text)
  if ('json' in parsed) return rewriteLfsAnswer(parsed.json, returnPath)
  if (isNamed && text.trim() !== '') throw lfsRefused(parsed.problem)
  // What does not say that it is JSON may be an object that somebody stores.
  if (carriesTrace(text, returnPath.traces.texts)) throw credentialInAnswer()
  return undefined
}

function jsonVerdict(answer: ToolResponse, options: AnswerOptions): ResponseVerdict {
  const memory = options.openMemory()
  if (memory === undefined) return streamVerdict(answer.headers, options)
  const { strong } = options.returnPath.traces
  return {
    kind: 'collect',
    limitBytes: maxJsonBytes,
    memory,
    rewrite: body =>
      carriesTrace(body.toString('latin1'), strong)
        ? options.withhold(credentialInAnswer())
        : wholeAnswer(answer, body),
  }
}

function streamVerdict(headers: HeaderList, { sequences }: AnswerOptions): ResponseVerdict {
  if (sequences === undefined || !isUnencoded(headers)) return { kind: 'pass', headers }
  return { kind: 'pass', headers, forbidden: { sequences, failure: credentialInBody } }
}

/** The tool's answer with its body in one piece; validators of the body go where it is not the tool's any more. */
function wholeAnswer({ status, reasonPhrase, headers }: ToolResponse, body: Buffer | string): Answer {
  const isRewritten = typeof body === 'string'
  const dropped = isRewritten ? /^(?:content-md5|(?:content-|repr-)?digest|etag|trailer)$/i : /^trailer$/i
  const kept: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string
    if (!dropped.test(name)) kept.push(name, headers[at + 1] as string)
  }
  return { kind: 'answer', status, reasonPhrase, headers: kept, body }
}

/** Lower case, without parameters; empty where the answer names none. */
function mediaType(headers: HeaderList): string {
  return (findHeader(headers, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

function isJsonType(type: string): boolean {
  return /^(?:application|text)\/(?:[\w.+-]+\+)?json$/.test(type)
}

function isUnencoded(headers: HeaderList): boolean {
  const encoding = findHeader(headers, 'content-encoding')
  return encoding === undefined || /^\s*(?:identity)?\s*$/i.test(encoding)
}

function credentialInAnswer(): ConnectorsError {
  return new ConnectorsError(
    'UNAVAILABLE',
    'CredentialInAnswer',
    "Cannot pass the tool's answer on: it repeats the Connector's credential",
  )
}

const credentialInBody = {
  status: 502,
  reason: 'CredentialInAnswer',
  message: "Cannot pass the rest of the tool's answer on: it repeats the Connector's credential",
}

function tooManyAnswers(): ConnectorsError {
  return new ConnectorsError(
    'LIMIT',
    'TooManyAnswers',
    "Cannot read the tool's answer: this caller has too many answers read at once",
  )
}
