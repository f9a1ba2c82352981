import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ConnectorClassSpec } from '../../connector/connector-class.ts'
import { regoFields, validateConnectorClass } from '../../connector/validate-class.ts'

const test = suite('connector/validate-class')
const ofSpec = (spec: ConnectorClassSpec) => ({ metadata: { name: 'c' }, spec })

test('each problem of a class names its field', () => {
  const twice = [{ name: 'a' }, { name: 'a' }]
  const cases: readonly (readonly [ConnectorClassSpec, readonly string[]])[] = [
    [{}, []],
    [{ params: twice }, ['spec.params[1]']],
    [{ addressExtensions: twice }, ['spec.addressExtensions[1]']],
    [{ configurations: twice }, ['spec.configurations[1]']],
    [{ auth: { types: twice } }, ['spec.auth.types[1]']],
    [{ auth: { types: [{ name: 'a', secretType: 'Opaque' }] } }, ['spec.auth.types[0].params']],
    [{ auth: { types: [{ name: 'a', secretType: 'kubernetes.io/basic-auth' }] } }, []],
    [{ authProbes: [{ authName: 'x', probe: {} }] }, ['spec.authProbes[0].authName']],
    [{ livenessProbe: { http: { path: '{{' } } }, ['spec.livenessProbe.http.path']],
    [{ livenessProbe: { http: { path: '/', host: '{{ nope }}' } } }, ['spec.livenessProbe.http.host']],
    [
      { livenessProbe: { http: { path: '/', httpHeaders: { A: '{{ end }}' } } } },
      ['spec.livenessProbe.http.httpHeaders.A'],
    ],
    [
      { livenessProbe: { http: { path: '/', httpHeaders: [{ name: 'A', value: '{{' }] } } },
      ['spec.livenessProbe.http.httpHeaders[0]'],
    ],
    [
      { livenessProbe: { http: { path: '/', response: { cel: 'a +' } } } },
      ['spec.livenessProbe.http.response.cel'],
    ],
    [
      { livenessProbe: { http: { path: '/', response: { cel: `true${' && true'.repeat(600)}` } } } },
      ['spec.livenessProbe.http.response.cel'],
    ],
    [
      { livenessProbe: { http: { path: '/', response: { cel: 'answer.statusCode == 200' } } } },
      ['spec.livenessProbe.http.response.cel'],
    ],
    [{ livenessProbe: { http: { path: '/', response: { cel: 'response.statusCode == 200' } } } }, []],
    [{ livenessProbe: { http: { path: '/', response: { cel: ' ' } } } }, []],
    [{ configurations: [{ name: 'a', data: { '../x': '' } }] }, ['spec.configurations[0].data["../x"]']],
    [{ configurations: [{ name: 'a', data: { x: '{{ if }}' } }] }, ['spec.configurations[0].data["x"]']],
    [{ configurations: [{ name: 'a', data: { x: '{{ .connector.spec.address }}' } }] }, []],
  ]
  for (const [spec, fields] of cases) {
    const problems = validateConnectorClass(ofSpec(spec))
    assert.equal(
      problems.map(({ field }) => field),
      fields,
      JSON.stringify(spec),
    )
  }
})

test('Rego without CEL beside it is found', () => {
  const both = { cel: 'true', rego: 'package x' }
  const rego = { rego: 'package x' }
  const types = [
    { name: 'a', generator: rego },
    { name: 'b', generator: both },
  ]
  assert.equal(regoFields(ofSpec({ auth: { types }, proxy: { uri: 'http://p', authExtractor: rego } })), [
    'spec.auth.types[0].generator',
    'spec.proxy.authExtractor',
  ])
  assert.equal(regoFields(ofSpec({ proxy: { uri: 'http://p', authExtractor: both } })), [])
})

test.run()
