// The configurations of the built-in classes, and templates like them with their data from the golden table.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { BenchTemplate } from './larger-templates.ts'

const root = join(import.meta.dirname, '../..')

/** Lines of the golden table that render; their data as spelled there. */
export function readGoldenTemplates(): BenchTemplate[] {
  const lines = readFileSync(join(root, 'test/gotemplate/golden/connectorclass.json'), 'utf8').split('\n')
  return lines
    .filter(line => line.startsWith('{') && line.includes('"output":'))
    .map(line => line.replace(/,$/, ''))
    .map(line => {
      const { name, template, options } = JSON.parse(line) as {
        name: string
        template: string
        options?: { name?: string }
      }
      const data = /"data":(\{.*\}),"(?:options|output)":/.exec(line)?.[1]
      return options !== undefined || data === undefined
        ? undefined
        : { name: name.replace('connectorclass/', ''), template, data }
    })
    .filter(one => one !== undefined)
}

interface ClassDocument {
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly configurations?: readonly { readonly name: string; readonly data?: Record<string, string> }[]
  }
}

/** Every file of every configuration in classes/, with two Connectors in the volume. */
export function readClassTemplates(): BenchTemplate[] {
  return readdirSync(join(root, 'classes'))
    .filter(file => file.endsWith('.yaml'))
    .flatMap(file => parseAllDocuments(readFileSync(join(root, 'classes', file), 'utf8')))
    .map(document => document.toJS() as ClassDocument)
    .flatMap(({ metadata, spec }) =>
      (spec.configurations ?? []).flatMap(configuration =>
        Object.entries(configuration.data ?? {})
          .filter(([, template]) => template !== '')
          .map(([path, template]) => ({
            name: `${metadata.name}: ${path}`,
            template,
            data: volumeData(metadata.name),
          })),
      ),
    )
}

function volumeData(className: string): string {
  const connectors = ['main', 'other'].map(name => ({
    name,
    namespace: 'team-a',
    metadata: { name, namespace: 'team-a', labels: { team: 'build' }, annotations: {} },
    spec: {
      connectorClassName: className,
      address: `https://${name}.example.com/base/`,
      addressExtensions: [],
      params: [],
      auth: { name: 'basicAuth', secretRef: { name: 'credential' } },
    },
    status: {
      proxyAddress: `http://c-${name}.team-a.svc.cluster.local`,
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  }))
  const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzYSJ9.c2ln'
  return JSON.stringify({
    connector: connectors[0],
    connectors,
    connectorclass: {
      metadata: { name: className },
      proxyAddress: 'http://connectors-proxy.connectors-system.svc',
    },
    context: {
      token,
      namespace: 'team-a',
      serviceAccount: 'builder',
      pod: 'build-1-pod',
      proxy: {
        caCert: '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUX\n-----END CERTIFICATE-----\n',
        httpAddress: `http://team-a%2Fmain:${token}@connectors-proxy.connectors-system.svc:3128`,
      },
    },
    configurations: { userName: 'CI', userEmail: 'ci@example.com', depth: '1' },
  })
}
