// Where a volume is published: only kubelet's own place for a CSI volume of this very pod, reached by no symlink.
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { ConnectorsError } from '../../connector/errors.ts'

export type TargetPath = {
  readonly path: string
  readonly podUid: string
  /** Each directory on the way below kubelet's root, the target itself last. */
  readonly steps: readonly string[]
}

const segment = /^(?!\.{1,2}$)[A-Za-z0-9][A-Za-z0-9._-]*$/

/** `<kubelet-dir>/pods/<uid>/volumes/kubernetes.io~csi/<volume>/mount`, spelt exactly so. */
export function parseTargetPath(
  targetPath: string,
  { kubeletDir, podUid }: { readonly kubeletDir: string; readonly podUid?: string },
): TargetPath {
  const root = join(kubeletDir, '/')
  const parts = targetPath.startsWith(root) ? targetPath.slice(root.length).split('/') : []
  const [pods, uid = '', volumes, plugin, name = '', mount, ...rest] = parts
  const isPlace =
    pods === 'pods' &&
    volumes === 'volumes' &&
    plugin === 'kubernetes.io~csi' &&
    mount === 'mount' &&
    rest.length === 0 &&
    [uid, name].every(part => part.length <= 253 && segment.test(part))
  if (!isPlace) throw refuse(targetPath, `it is not below ${root}pods/<uid>/volumes/kubernetes.io~csi/`)
  if (podUid !== undefined && uid !== podUid) throw refuse(targetPath, 'it belongs to another pod')
  const steps = parts.map((_, at) => root + parts.slice(0, at + 1).join('/'))
  return { path: targetPath, podUid: uid, steps }
}

/**
 * Whether the target exists. Throws when a symlink or a file is on the way. All these directories are root's and
 * kubelet's: nobody that a pod can be swaps one between this look and the mount.
 */
export async function checkTargetPath({ path, steps }: TargetPath): Promise<boolean> {
  for (const step of steps) {
    const found = await lstat(step).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (found === undefined) return false
    if (found.isSymbolicLink()) throw refuse(path, `${JSON.stringify(step)} is a symbolic link`)
    if (!found.isDirectory()) throw refuse(path, `${JSON.stringify(step)} is not a directory`)
  }
  return true
}

function refuse(targetPath: string, why: string): ConnectorsError {
  const shown = JSON.stringify(targetPath.length > 300 ? `${targetPath.slice(0, 300)}...` : targetPath)
  return new ConnectorsError('INVALID', 'TargetPathInvalid', `Cannot use target path ${shown}: ${why}`)
}
