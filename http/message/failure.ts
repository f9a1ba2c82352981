// What the data path itself refuses or cannot do. The consumer turns each into an answer (`formatFailure`).
export interface Failure {
  readonly status: number
  /** CamelCase, for a Kubernetes `Status`. */
  readonly reason: string
  readonly message: string
  readonly cause?: unknown
}

const malformed = (reason: string, what: string, status = 400): Failure => ({
  status,
  reason,
  message: `Cannot read the request: ${what}`,
})

/** Refusals of a message head or body. The same table judges upstream answers, where it only names the cause. */
export const refusals = {
  requestLine: malformed('MalformedRequestLine', 'the request line is malformed'),
  statusLine: malformed('MalformedStatusLine', 'the status line is malformed'),
  version: malformed('UnsupportedVersion', 'only HTTP/1.1 and HTTP/1.0 are served here', 505),
  http2: malformed('UnsupportedVersion', 'HTTP/2 without TLS is not served here', 505),
  tls: malformed('TlsOnPlainPort', 'it starts with a TLS handshake, this port speaks plain HTTP'),
  method: malformed('UnknownMethod', 'the method is not known', 501),
  target: malformed('MalformedTarget', 'the target holds a byte that an URL cannot hold'),
  targetForm: malformed('MalformedTarget', 'the target has no form that fits the method'),
  targetLong: malformed('RequestLineTooLong', 'the request line is too long', 414),
  headLong: malformed('HeadTooLarge', 'the header fields are too large', 431),
  fieldsMany: malformed('TooManyFields', 'there are too many header fields', 431),
  bareLineFeed: malformed('BareLineFeed', 'a line ends in LF without CR'),
  bareCarriageReturn: malformed('BareCarriageReturn', 'a CR is not followed by LF'),
  foldedField: malformed('FoldedField', 'a header field is folded over lines'),
  spaceBeforeColon: malformed('SpaceBeforeColon', 'a header name is followed by a space'),
  fieldName: malformed('MalformedFieldName', 'a header name is malformed'),
  fieldValue: malformed('MalformedFieldValue', 'a header value holds a control byte'),
  hostMissing: malformed('MissingHost', 'the Host header is missing'),
  hostRepeated: malformed('RepeatedHost', 'there is more than one Host header'),
  hostMalformed: malformed('MalformedHost', 'the Host header is malformed'),
  hostDisagrees: malformed('HostDisagrees', 'the Host header disagrees with the target'),
  connectionLong: malformed('ConnectionTooLong', 'the Connection header has more than 50 elements'),
  authorizationRepeated: malformed(
    'RepeatedAuthorization',
    'there is more than one credential header of a kind',
  ),
  lengthMalformed: malformed('MalformedContentLength', 'the Content-Length header is malformed'),
  lengthRepeated: malformed('RepeatedContentLength', 'there is more than one Content-Length header'),
  lengthAndCoding: malformed('AmbiguousLength', 'it has both Content-Length and Transfer-Encoding'),
  coding: malformed('UnknownTransferCoding', 'the only transfer coding known is "chunked", alone'),
  codingInOldVersion: malformed('TransferCodingInHttp10', 'HTTP/1.0 has no transfer coding'),
  expectation: malformed('UnknownExpectation', 'the only expectation known is "100-continue"', 417),
  chunkSize: malformed('MalformedChunk', 'a chunk size is malformed'),
  chunkExtension: malformed('ChunkExtension', 'chunk extensions are not accepted'),
  chunkEnd: malformed('MalformedChunk', 'a chunk does not end where its size says'),
  trailerField: malformed('MalformedTrailer', 'a trailer field would change how the message is framed'),
  connectBody: malformed('BodyOfConnect', 'a CONNECT request has no body'),
} satisfies Record<string, Failure>

export const failures = {
  requestTimeout: {
    status: 408,
    reason: 'RequestTimeout',
    message: 'Cannot read the request: it did not arrive in time',
  },
} satisfies Record<string, Failure>

export const upstreamFailure = (reason: string, why: string, cause?: unknown): Failure => ({
  status: reason === 'UpstreamTimeout' ? 504 : 502,
  reason,
  message: `Cannot relay the request: ${why}`,
  cause,
})

export const internalFailure = (cause: unknown): Failure => ({
  status: 500,
  reason: 'InternalError',
  message: 'Cannot serve the request: internal error',
  cause,
})

export const malformedAnswer = (refusal: Failure): Failure => {
  const why = refusal.message.slice(refusal.message.indexOf(': ') + 2)
  return upstreamFailure('UpstreamMalformed', `the answer of the tool is malformed: ${why}`)
}

/** Thrown when a header that is to be written could break out of its line. Never carries the value. */
export class UnsafeHeaderError extends Error {
  constructor(name: string) {
    super(`Cannot send the header ${JSON.stringify(name)}: its bytes do not fit a header`)
    this.name = 'UnsafeHeaderError'
  }
}

export const failureOfHead = (error: unknown): Failure =>
  error instanceof UnsafeHeaderError
    ? { status: 500, reason: 'UnsafeHeader', message: error.message, cause: error }
    : internalFailure(error)

const LF = 0x0a
const CR = 0x0d

/** What is wrong with a byte that ends an element where it must not. */
export const refusalOfByte = (byte: number | undefined, otherwise: Failure): Failure => {
  if (byte === LF) return refusals.bareLineFeed
  return byte === CR && otherwise === refusals.fieldValue ? refusals.bareCarriageReturn : otherwise
}

export const refusalOfName = (byte: number | undefined): Failure => {
  if (byte === 0x20 || byte === 0x09) return refusals.spaceBeforeColon
  return byte === LF ? refusals.bareLineFeed : refusals.fieldName
}
