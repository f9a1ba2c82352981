// The Unix socket that the driver serves on: a dead process's is taken over, a living one's is not.
import { lstat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { ConnectorsError } from '../../connector/errors.ts'

export async function claimSocketPath(path: string): Promise<void> {
  const refuse = (why: string, cause?: unknown) =>
    new ConnectorsError('UNAVAILABLE', 'EndpointUnavailable', `Cannot listen on "${path}": ${why}`, { cause })
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw refuse(error.code ?? 'it cannot be looked at', error)
  })
  if (found === undefined) return
  if (!found.isSocket()) throw refuse('something that is no socket is there')
  if (await isServed(path)) throw refuse('another driver serves there')
  await unlink(path)
}

function isServed(path: string): Promise<boolean> {
  const answered = Promise.withResolvers<boolean>()
  const socket = connect(path)
  socket.once('connect', () => answered.resolve(true))
  // Any other refusal (EAGAIN of a full backlog, EACCES) comes from a living one.
  socket.once('error', (error: NodeJS.ErrnoException) =>
    answered.resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
  )
  return answered.promise.finally(() => socket.destroy())
}
