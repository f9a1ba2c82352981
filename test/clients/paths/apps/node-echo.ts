// Two routers of Node.js, each on its port: by `new URL`, and Express. Spec: ../echo.ts.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { echoText, routes } from '../echo.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

type ExpressApp = Handler & {
  all(path: string, handler: (request: ExpressRequest, response: ServerResponse) => void): void
}

type ExpressRequest = IncomingMessage & {
  readonly path: string
  readonly params: Readonly<Record<string, string | readonly string[]>>
}

const [urlHost = '', expressHost = '', modules = ''] = process.argv.slice(2)

function answer(response: ServerResponse, route: string, views: readonly string[]): void {
  response.setHeader('Content-Type', 'text/plain')
  response.end(echoText(route, views))
}

function byUrl(request: IncomingMessage, response: ServerResponse): void {
  let path: string
  try {
    const { pathname } = new URL(request.url ?? '', 'http://tool.example')
    path = decodeURIComponent(pathname)
  } catch {
    response.writeHead(400).end()
    return
  }
  const route = routes.find(known => path === known || path === `/p${known}`)
  answer(response, route ?? '*', [path])
}

function byExpress(): Handler {
  const express = createRequire(join(modules, 'from'))('express') as () => ExpressApp
  const app = express()
  for (const route of routes) {
    for (const prefix of ['', '/p']) {
      app.all(prefix + route, (request, response) => answer(response, route, [request.path]))
    }
  }
  app.all('/{*rest}', (request, response) => {
    const { rest = [] } = request.params
    answer(response, '*', [request.path, `/${[rest].flat().join('/')}`])
  })
  return app
}

function listen(handler: Handler, host: string): void {
  const [address, port] = host.split(':')
  createServer(handler).listen(Number(port), address)
}

listen(byUrl, urlHost)
listen(byExpress(), expressHost)
