// A ResourceInterface and a Connector for tests, as an API server stores them.

type Changes = { readonly [key: string]: unknown }

/** `spec` replaces whole fields of the spec, `metadata` those of the metadata. */
export function gitInterface(changes: { readonly spec?: Changes; readonly metadata?: Changes } = {}) {
  return {
    apiVersion: 'connectors.alauda.io/v1alpha1',
    kind: 'ResourceInterface',
    metadata: { name: 'git', ...changes.metadata },
    spec: {
      params: [{ name: 'repository' }, { name: 'revision', default: 'refs/heads/main' }],
      attributes: [
        {
          name: 'url',
          expression: "{connector.spec.address + '/' + params.repository}",
          dependsOn: ['connector', 'params.repository'],
        },
        { name: 'revision', expression: '{params.revision}' },
      ],
      workspaces: [
        {
          name: 'basic-auth',
          workspaceMapping: { name: 'git-basic-auth' },
          value: {
            csi: {
              driver: 'connectors-csi',
              readOnly: true,
              volumeAttributes: { connectors: '{connectors}', 'configuration.names': 'gitconfig' },
            },
          },
        },
      ],
      ...changes.spec,
    },
  }
}

export function connectorOf(name: string, spec: object = { address: 'https://git.example.com' }) {
  return { metadata: { name, namespace: 'ci' }, spec }
}
