import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createEvaluator } from '../../resource-interface/sandbox.ts'
import { validateInterface } from '../../resource-interface/validate.ts'
import { gitInterface } from './git-interface.ts'

const test = suite('validation of the workspaces of a ResourceInterface')
const evaluator = await createEvaluator()
const csi = { driver: 'connectors-csi' }

/** What replaces the workspaces of a sound interface, and all that is wrong then. */
const specs: readonly [
  what: string,
  spec: { readonly workspaces: readonly object[] },
  ...problems: string[],
][] = [
  ['a workspace without name', { workspaces: [{ value: { csi } }] }, 'spec.workspaces[0].name Required'],
  [
    'two workspaces of one name',
    {
      workspaces: [
        { name: 'a', value: { csi } },
        { name: 'a', value: { csi } },
      ],
    },
    'spec.workspaces[1].name Duplicate',
  ],
  [
    'a mapping without name',
    { workspaces: [{ name: 'a', workspaceMapping: {}, value: { csi } }] },
    'spec.workspaces[0].workspaceMapping.name Required',
  ],
  [
    'a mapping that is a text',
    { workspaces: [{ name: 'a', workspaceMapping: 'x', value: { csi } }] },
    'spec.workspaces[0].workspaceMapping InvalidType',
    'spec.workspaces[0].workspaceMapping.name Required',
  ],
  ['a workspace without value', { workspaces: [{ name: 'a' }] }, 'spec.workspaces[0].value Required'],
  [
    'a workspace without source',
    { workspaces: [{ name: 'a', value: { subPath: 'x' } }] },
    'spec.workspaces[0].value Required',
  ],
  [
    'a workspace with two sources',
    { workspaces: [{ name: 'a', value: { csi, emptyDir: {} } }] },
    'spec.workspaces[0].value Invalid',
  ],
  [
    'a name in a value',
    { workspaces: [{ name: 'a', value: { csi, name: 'x' } }] },
    'spec.workspaces[0].value.name Invalid',
  ],
  [
    'an unknown source',
    { workspaces: [{ name: 'a', value: { csi, hostPath: {} } }] },
    'spec.workspaces[0].value.hostPath Invalid',
  ],
  [
    'a source that is a text',
    { workspaces: [{ name: 'a', value: { csi: 'x' } }] },
    'spec.workspaces[0].value.csi InvalidType',
  ],
  [
    'csi without driver',
    { workspaces: [{ name: 'a', value: { csi: {} } }] },
    'spec.workspaces[0].value.csi.driver Required',
  ],
  [
    'a secret without name',
    { workspaces: [{ name: 'a', value: { secret: {} } }] },
    'spec.workspaces[0].value.secret.secretName Required',
  ],
  [
    'a config map without name',
    { workspaces: [{ name: 'a', value: { configMap: {} } }] },
    'spec.workspaces[0].value.configMap.name Required',
  ],
  [
    'a claim without name',
    { workspaces: [{ name: 'a', value: { persistentVolumeClaim: {} } }] },
    'spec.workspaces[0].value.persistentVolumeClaim.claimName Required',
  ],
  [
    'a claim template without spec',
    { workspaces: [{ name: 'a', value: { volumeClaimTemplate: {} } }] },
    'spec.workspaces[0].value.volumeClaimTemplate.spec Required',
  ],
  [
    'nothing projected',
    { workspaces: [{ name: 'a', value: { projected: { sources: [] } } }] },
    'spec.workspaces[0].value.projected.sources Required',
  ],
  [
    'a sub path that is no text',
    { workspaces: [{ name: 'a', value: { emptyDir: {}, subPath: 1 } }] },
    'spec.workspaces[0].value.subPath InvalidType',
  ],
  [
    'all of csi',
    {
      workspaces: [
        {
          name: 'a',
          description: 'x',
          annotations: {},
          value: { csi: { ...csi, fsType: '', readOnly: true, nodePublishSecretRef: { name: 'x' } } },
        },
      ],
    },
  ],
  [
    'a wrong expression in a key with dots',
    {
      workspaces: [{ name: 'a', value: { csi: { ...csi, volumeAttributes: { 'connector.name': '{+}' } } } }],
    },
    'spec.workspaces[0].value.csi.volumeAttributes[connector.name] ExpressionInvalid',
  ],
  [
    'a wrong expression in a list',
    {
      workspaces: [
        { name: 'a', value: { secret: { secretName: 'x', items: [{ key: '{params.nope}', path: 'y' }] } } },
      ],
    },
    'spec.workspaces[0].value.secret.items[0].key UnknownReference',
  ],
  [
    'a value that is no JSON',
    { workspaces: [{ name: 'a', value: { emptyDir: { x: () => 1 } } }] },
    'spec.workspaces[0].value.emptyDir.x InvalidType',
  ],
]

for (const [what, spec, ...problems] of specs) {
  test(what, () => {
    const found = validateInterface(gitInterface({ spec }), { evaluator })
    assert.equal(
      found.map(({ field, reason }) => `${field} ${reason}`),
      problems,
    )
    for (const { message } of found) assert.match(message, /^\S.*[^.\s]$/)
  })
}

test.run()
