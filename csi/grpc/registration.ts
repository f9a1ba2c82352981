// Registration with kubelet, which watches a folder for sockets: what it finds there, it asks who it is. A try that
// failed it repeats by itself, each time later, and so it does after its own restart.
import { join } from 'node:path'
import type { Log } from '../../runtime/log.ts'
import { driverName } from './identity.ts'
import { loadRegistration, type RegistrationStatus } from './protocol.ts'
import { type GrpcServer, startGrpcServer } from './server.ts'

export type RegistrationOptions = {
  /** The driver's own socket, as kubelet sees it. */
  readonly endpoint: string
  readonly log: Log
}

export type Registration = {
  /** Undefined when kubelet has registered the driver. */
  unready(): string | undefined
  /** Puts a socket into the folder that kubelet watches. Closing it makes kubelet forget the driver. */
  start(directory: string): Promise<GrpcServer>
}

export function createRegistration({ endpoint, log }: RegistrationOptions): Registration {
  let problem: string | undefined = 'kubelet has not registered the driver yet'

  const handlers = {
    GetInfo: async () => ({ type: 'CSIPlugin', name: driverName, endpoint, supportedVersions: ['1.0.0'] }),

    NotifyRegistrationStatus: async ({ pluginRegistered, error }: RegistrationStatus) => {
      if (pluginRegistered) {
        problem = undefined
        log.info('kubelet registered the driver', { endpoint })
      } else {
        problem = `kubelet could not register the driver: ${oneLine(error)}`
        log.error('kubelet could not register the driver', { endpoint, answer: oneLine(error) })
      }
      return {}
    },
  }
  return {
    unready: () => problem,
    start: directory =>
      startGrpcServer(join(directory, `${driverName}-reg.sock`), [
        { definition: loadRegistration(), handlers },
      ]),
  }
}

function oneLine(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 500)
}
