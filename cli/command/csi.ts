// connectors csi: the CSI driver of one node.
import { csiConfigFrom, csiFlags } from '../../csi/config.ts'
import { startCsiDriver } from '../../csi/main.ts'
import { componentCommand } from '../component.ts'

export const { help, run } = componentCommand({
  name: 'csi',
  about: 'Mounts the volumes of Connectors into the pods of one node.',
  flags: csiFlags,
  configFrom: csiConfigFrom,
  start: startCsiDriver,
})
