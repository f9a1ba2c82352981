// The Identity service: who the driver is, and whether it can serve.

export const driverName = 'connectors-csi'

export type IdentityOptions = {
  readonly version: string
  /** Undefined when the driver can serve. */
  readonly unready: () => string | undefined
}

export function createIdentity({ version, unready }: IdentityOptions) {
  return {
    GetPluginInfo: async () => ({ name: driverName, vendorVersion: version }),
    // None: no controller service, no topology.
    GetPluginCapabilities: async () => ({ capabilities: [] }),
    Probe: async () => ({ ready: { value: unready() === undefined } }),
  }
}
