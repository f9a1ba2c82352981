// connectors controller: keeps Connectors, their classes and the grants of their scopes true.
import { controllerConfigFrom, controllerFlags } from '../../controller/config.ts'
import { startController } from '../../controller/main.ts'
import { componentCommand } from '../component.ts'

export const { help, run } = componentCommand({
  name: 'controller',
  about: 'Keeps Connectors, their classes and the grants of their scopes true.',
  flags: controllerFlags,
  configFrom: controllerConfigFrom,
  start: startController,
})
