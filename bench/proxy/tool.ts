// The tool behind every proxy of a run, a process of its own: 100-byte answers, and uploads that go nowhere.
// Large downloads come from nginx, which costs least.
import { createServer } from 'node:http'

const body = 'x'.repeat(100)

const server = createServer((request, response) => {
  if (request.method !== 'PUT') {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': body.length })
    response.end(body)
    return
  }
  request.on('data', () => {})
  request.on('end', () => response.writeHead(204).end())
})
server.requestTimeout = 0
server.keepAliveTimeout = 600_000
server.listen(Number(process.argv[2]), '127.0.0.1')
