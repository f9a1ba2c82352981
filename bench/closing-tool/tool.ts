// A tool that closes a connection once it has been idle for so long after an answer, without having announced it:
// `node tool.ts PORT IDLE_MS`. Only a request that it has begun to read is sure to be answered.
import { createServer } from 'node:net'

const [port, idleMs] = process.argv.slice(2).map(Number)
const answer = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok'

createServer({ noDelay: true }, socket => {
  let received = ''
  let timer: NodeJS.Timeout | undefined
  socket.on('error', () => {})
  socket.on('close', () => clearTimeout(timer))
  socket.on('data', chunk => {
    clearTimeout(timer)
    received += chunk.toString('latin1')
    for (;;) {
      const head = received.indexOf('\r\n\r\n')
      const length = Number(/content-length: *(\d+)/i.exec(received)?.[1] ?? 0)
      if (head < 0 || received.length < head + 4 + length) break
      received = received.slice(head + 4 + length)
      socket.write(answer)
    }
    timer = setTimeout(() => socket.destroy(), idleMs)
  })
}).listen(port, '127.0.0.1')
