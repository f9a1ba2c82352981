// Every bound of the data path in one place.
export interface Limits {
  readonly requestLineBytes: number
  readonly headBytes: number
  readonly headerFields: number
  readonly headerTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly connections: number
  /** Bytes that a client may send ahead (pipelined requests, a body before the decision). */
  readonly aheadBytes: number
  /** What is still read from a client after an answer that came before its body ended. */
  readonly lingerBytes: number
  readonly lingerTimeoutMs: number
  readonly informationalResponses: number
  readonly idleUpstreams: number
  readonly idleUpstreamsPerOrigin: number
  readonly idleUpstreamTimeoutMs: number
}

export const defaultLimits: Limits = {
  requestLineBytes: 16 * 1024,
  headBytes: 64 * 1024,
  headerFields: 200,
  headerTimeoutMs: 10_000,
  idleTimeoutMs: 300_000,
  connectTimeoutMs: 10_000,
  connections: 4096,
  aheadBytes: 64 * 1024,
  lingerBytes: 64 * 1024 * 1024,
  lingerTimeoutMs: 30_000,
  informationalResponses: 10,
  idleUpstreams: 256,
  idleUpstreamsPerOrigin: 64,
  idleUpstreamTimeoutMs: 55_000,
}
