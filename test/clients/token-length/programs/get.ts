// Sends one request with fetch or node:http: `get.ts LIBRARY URL [TOKEN]`. Proxies come from the environment.
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'

const [library, url = '', token] = process.argv.slice(2)
const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
const status = library === 'fetch' ? (await fetch(url, { headers })).status : await getByHttp()
if (status !== 200) throw new Error(`status ${status}`)

async function getByHttp(): Promise<number | undefined> {
  const [response] = (await once(get(url, { headers }), 'response')) as [IncomingMessage]
  response.resume()
  return response.statusCode
}
