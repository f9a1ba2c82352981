// A raw connection to the proxy: bytes out as they are written, answers in as they come.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { waitFor } from '../../helpers/poll.ts'
import { parseReply, type Reply } from '../../helpers/proxy.ts'

export type WireOptions = {
  /** The address it comes from: another one is another pod. */
  readonly from?: string
}

export class Wire {
  readonly socket: Socket
  #sent = ''
  #text = ''
  #isClosed = false

  static async open(host: string, { from = '127.0.0.1' }: WireOptions = {}): Promise<Wire> {
    const [hostname = '', port] = host.split(':')
    const socket = connect({
      host: hostname,
      port: Number(port),
      localAddress: from,
      allowHalfOpen: true,
      noDelay: true,
    })
    const wire = new Wire(socket)
    await once(socket, 'connect')
    return wire
  }

  constructor(socket: Socket) {
    this.socket = socket
    socket
      .setEncoding('latin1')
      .on('data', text => {
        this.#text += text
      })
      .on('end', () => socket.end())
      .on('error', () => {})
      .on('close', () => {
        this.#isClosed = true
      })
  }

  /** All that came and was not taken yet. */
  get received(): string {
    return this.#text
  }

  /** The proxy has closed it, or reset it. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  send(raw: string): void {
    this.#sent = raw
    this.socket.write(raw, 'latin1')
  }

  /** Sends, and takes the next answer. */
  ask(raw: string): Promise<Reply> {
    this.send(raw)
    return this.answer()
  }

  /** Takes the next final answer: as long as it says, chunked, or up to the end of the connection. Status 0: there is none. */
  async answer(): Promise<Reply> {
    const { length } = await waitFor(() => nextAnswer(this.#text, this.#isClosed), {
      timeoutMs: 20_000,
      what: `an answer to ${JSON.stringify(this.#sent.slice(-200))} after ${JSON.stringify(this.#text)}`,
    })
    const raw = this.#text.slice(0, length)
    this.#text = this.#text.slice(length)
    return parseReply(raw)
  }

  /** Takes the next answer's head: that to HEAD has no more. */
  async headOnly(): Promise<Reply> {
    const length = await waitFor(() => this.#text.indexOf('\r\n\r\n') + 1, { what: 'the head of an answer' })
    const raw = this.#text.slice(0, length + 3)
    this.#text = this.#text.slice(length + 3)
    return parseReply(raw)
  }

  async closed(timeoutMs = 10_000): Promise<void> {
    await waitFor(() => this.#isClosed, { timeoutMs, what: 'the end of the connection' })
  }

  /** Ends the sending side. */
  end(): void {
    this.socket.end()
  }

  close(): void {
    this.socket.destroy()
  }
}

/** Undefined while more is to come. An answer that was cut off is as long as what came of it. */
function nextAnswer(text: string, isClosed: boolean): { readonly length: number } | undefined {
  const length = answerLength(text)
  if (length !== undefined && length <= text.length) return { length }
  return isClosed ? { length: text.length } : undefined
}

/** Of the first answer with what comes before it; undefined where its end is not known yet. */
function answerLength(text: string): number | undefined {
  const [interim = ''] = /^(?:HTTP\/1\.1 1(?!01)\d\d [^\r]*\r\n(?:[^\r]+\r\n)*\r\n)*/.exec(text) ?? []
  const end = text.indexOf('\r\n\r\n', interim.length)
  if (end < 0) return undefined
  const head = text.slice(interim.length, end)
  const body = end + 4
  if (/^HTTP\/1\.1 (?:101|204|304)/.test(head)) return body
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? []
  if (length !== undefined) return body + Number(length)
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return undefined
  const last = /(?:^|\r\n)0\r\n(?:[^\r]+\r\n)*\r\n/.exec(text.slice(body))
  return last ? body + last.index + last[0].length : undefined
}
