// A Git server on loopback that refuses anonymous access: git's own http-backend behind Basic authentication.
import { execFile, spawn } from 'node:child_process'
import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ConnectorsError } from '../../connector/errors.ts'
import type { Sensitive } from '../../connector/sensitive.ts'

export type GitServer = {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** How many requests were refused for lack of the credential. */
  refused(): number
  close(): Promise<void>
}

export type GitServerOptions = {
  /** Holds bare repositories, `<name>.git`. */
  readonly root: string
  readonly username: string
  readonly password: Sensitive
  /** 0, or a port that is taken, gives a free one. */
  readonly port: number
}

export async function startGitServer(options: GitServerOptions): Promise<GitServer> {
  const backend = await findHttpBackend()
  const expected = `${options.username}:${options.password.reveal()}`
  let refused = 0
  const server = createServer((request, response) => {
    if (!isAllowed(request.headers.authorization, expected)) {
      refused += 1
      request.resume()
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"', 'Content-Type': 'text/plain' })
      response.end('This server wants a user name and a password\n')
      return
    }
    serveByBackend(backend, options, request, response)
  })
  // A push of a large repository sends for as long as it takes.
  server.requestTimeout = 0
  await listen(server, options.port)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    refused: () => refused,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  const attempt = (wanted: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(wanted, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  try {
    await attempt(port)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    await attempt(0)
  }
}

async function findHttpBackend(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--exec-path'])
    return join(stdout.trim(), 'git-http-backend')
  } catch (error) {
    throw new ConnectorsError(
      'PRECONDITION',
      'GitMissing',
      'Cannot start the Git server: git is not on the PATH; install git and try again',
      { cause: error },
    )
  }
}

function isAllowed(authorization: string | undefined, expected: string): boolean {
  const [scheme, encoded] = (authorization ?? '').split(' ')
  if (scheme?.toLowerCase() !== 'basic' || encoded === undefined) return false
  const given = Buffer.from(encoded, 'base64')
  const wanted = Buffer.from(expected)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

function serveByBackend(
  backend: string,
  options: GitServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const url = new URL(request.url ?? '/', 'http://git')
  const child = spawn(backend, [], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: options.root,
      GIT_HTTP_EXPORT_ALL: '1',
      // What these say of the caller, receive-pack wants to hear before it takes a push.
      REMOTE_USER: options.username,
      REMOTE_ADDR: request.socket.remoteAddress,
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers['content-type'],
      CONTENT_LENGTH: request.headers['content-length'],
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
  })
  request.pipe(child.stdin)
  child.stdin.on('error', () => request.resume())
  child.on('error', () => response.destroy())
  response.on('close', () => child.kill())
  answerFromCgi(child.stdout, response)
}

/** A CGI answer: header lines, an empty line, the body. */
function answerFromCgi(output: NodeJS.ReadableStream, response: ServerResponse): void {
  let head = Buffer.alloc(0)
  const onData = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return
    output.off('data', onData)
    const headers = head
      .subarray(0, end)
      .toString('latin1')
      .split('\r\n')
      .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const)
    const status = headers.find(([name]) => name.toLowerCase() === 'status')?.[1] ?? '200'
    response.writeHead(
      Number.parseInt(status, 10),
      Object.fromEntries(headers.filter(([name]) => name.toLowerCase() !== 'status')),
    )
    response.write(head.subarray(end + 4))
    output.pipe(response)
  }
  output.on('data', onData)
  output.on('end', () => {
    if (!response.headersSent) response.writeHead(500).end()
  })
}
