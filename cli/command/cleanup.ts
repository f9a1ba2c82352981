// connectors cleanup: removes what the controller made, once it is uninstalled.
import { removeLeftovers } from '../../controller/leftovers.ts'
import { componentCommand } from '../component.ts'

export const { help, run } = componentCommand({
  name: 'cleanup',
  about: `Removes what an uninstalled controller has left: built-in ConnectorClasses and ResourceInterfaces that
nobody has changed, the grants of scopes, and the Services of Connectors. Connectors and Secrets stay.
Refuses where the installation is still there.`,
  flags: {},
  configFrom: () => ({}),
  start: async (_config, options) => ({
    ended: removeLeftovers({ ...options, fieldManager: 'connectors-controller' }),
  }),
})
