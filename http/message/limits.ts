// Every bound of the data path in one place.
export interface Limits {
  readonly requestLineBytes: number
  readonly headBytes: number
  readonly headerFields: number
  /** For a request's head, and for the next request of a connection that nobody owns yet. */
  readonly headerTimeoutMs: number
  /** Without a request, and without a byte of a body. */
  readonly idleTimeoutMs: number
  /** From the end of a request until the head of its response. */
  readonly responseHeadTimeoutMs: number
  /** For the answer to a client that has ended its side: it may only have half closed, or be gone. */
  readonly leftTimeoutMs: number
  /** Between two looks at whether what runs may still run. */
  readonly recheckIntervalMs: number
  /** All together. */
  readonly connections: number
  /** Of one address, of those whose requests were not yet anybody's. */
  readonly unownedPerPeer: number
  readonly connectionsPerPeer: number
  readonly connectionsPerCaller: number
  readonly connectionsPerAccount: number
  /** Bytes that a client may send ahead (pipelined requests, a body before the decision). */
  readonly aheadBytes: number
  /** What is still read from a client after an answer that came before its body ended. */
  readonly lingerBytes: number
  readonly lingerTimeoutMs: number
  readonly informationalResponses: number
  readonly idleUpstreams: number
  readonly idleUpstreamsPerKey: number
  readonly idleUpstreamTimeoutMs: number
}

export const defaultLimits: Limits = {
  requestLineBytes: 16 * 1024,
  headBytes: 64 * 1024,
  headerFields: 200,
  headerTimeoutMs: 10_000,
  idleTimeoutMs: 300_000,
  responseHeadTimeoutMs: 900_000,
  leftTimeoutMs: 30_000,
  recheckIntervalMs: 60_000,
  connections: 16_384,
  unownedPerPeer: 64,
  connectionsPerPeer: 4096,
  connectionsPerCaller: 1024,
  connectionsPerAccount: 4096,
  aheadBytes: 64 * 1024,
  lingerBytes: 64 * 1024 * 1024,
  lingerTimeoutMs: 30_000,
  informationalResponses: 10,
  idleUpstreams: 2048,
  idleUpstreamsPerKey: 64,
  idleUpstreamTimeoutMs: 55_000,
}
