// Lists, watches, tables and discovery.
import { absent, causes, mergePatch, type Section, secrets, widget, widgets } from './words.ts'

export const readSections: readonly Section[] = [
  {
    name: 'lists select, page and carry a revision',
    steps: [
      {
        call: `POST ${widgets}`,
        body: { ...widget('a'), metadata: { name: 'a', labels: { app: 'x', tier: '1' } } },
        status: 201,
      },
      {
        call: `POST ${widgets}`,
        body: { ...widget('b'), metadata: { name: 'b', labels: { app: 'y' } } },
        status: 201,
      },
      { call: `POST ${widgets}`, body: widget('c'), status: 201 },
      {
        call: `GET ${widgets}`,
        status: 200,
        has: {
          kind: 'WidgetList',
          apiVersion: 'contract.test/v1',
          metadata: { resourceVersion: /^\d+$/ },
          items: ['a', 'b', 'c'].map(name => ({ metadata: { name } })),
        },
      },
      ...(
        [
          ['labelSelector=app%3Dx', ['a']],
          ['labelSelector=app', ['a', 'b']],
          ['labelSelector=!app', ['c']],
          ['labelSelector=app!%3Dx', ['b', 'c']],
          ['labelSelector=app%20in%20(x,y),tier', ['a']],
          ['labelSelector=app%20notin%20(x)', ['b', 'c']],
          ['fieldSelector=metadata.name%3Db', ['b']],
          ['fieldSelector=metadata.name!%3Db,metadata.namespace%3D{ns}', ['a', 'c']],
        ] as const
      ).map(([query, names]) => ({
        call: `GET ${widgets}?${query}`,
        status: 200,
        has: { items: names.map(name => ({ metadata: { name } })) },
      })),
      {
        call: `GET ${widgets}?labelSelector=a%20in%20b`,
        status: 400,
        has: { message: /^unable to parse requirement/ },
      },
      {
        call: `GET ${widgets}?fieldSelector=spec.size%3D1`,
        status: 400,
        has: { message: 'field label not supported: spec.size' },
      },
      {
        call: `GET ${widgets}?limit=2`,
        status: 200,
        has: { items: [{}, {}], metadata: { continue: /./, remainingItemCount: 1 } },
        save: { continue: 'metadata.continue' },
      },
      {
        call: `GET ${widgets}?limit=2&continue={continue}`,
        status: 200,
        has: { items: [{ metadata: { name: 'c' } }], metadata: { remainingItemCount: absent } },
      },
      { call: `GET ${widgets}?continue=xx`, status: 400 },
      {
        call: `GET ${widgets}?resourceVersion=99999999999`,
        status: 504,
        has: { reason: 'Timeout', details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } },
      },
      {
        call: `DELETE ${widgets}?labelSelector=app`,
        status: 200,
        has: { items: [{}, {}] },
      },
      { call: `GET ${widgets}`, status: 200, has: { items: [{ metadata: { name: 'c' } }] } },
      { call: `POST ${secrets}`, body: { metadata: { name: 'opaque' } }, status: 201 },
      {
        call: `POST ${secrets}`,
        body: {
          metadata: { name: 'basic' },
          type: 'kubernetes.io/basic-auth',
          stringData: { password: 'p' },
        },
        status: 201,
      },
      {
        call: `GET ${secrets}?fieldSelector=type%3Dkubernetes.io/basic-auth`,
        status: 200,
        has: { items: [{ metadata: { name: 'basic' } }] },
      },
    ],
  },
  {
    name: 'watches start at a revision and follow selectors',
    steps: [
      {
        call: `POST ${widgets}`,
        body: { ...widget('a'), metadata: { name: 'a', labels: { app: 'x' } } },
        status: 201,
        save: { rv: 'metadata.resourceVersion' },
      },
      {
        call: `PATCH ${widgets}/a`,
        type: mergePatch,
        body: { spec: { size: 2 } },
        status: 200,
      },
      {
        call: `PATCH ${widgets}/a`,
        type: mergePatch,
        body: { metadata: { labels: { app: 'y' } } },
        status: 200,
      },
      { call: `POST ${widgets}`, body: widget('b'), status: 201 },
      { call: `DELETE ${widgets}/b`, status: 200 },
      {
        call: `GET ${widgets}?watch=true&resourceVersion={rv}&timeoutSeconds=1`,
        status: 200,
        lines: [
          { type: 'MODIFIED', object: { kind: 'Widget', spec: { size: 2 } } },
          { type: 'MODIFIED', object: { metadata: { labels: { app: 'y' } } } },
          { type: 'ADDED', object: { metadata: { name: 'b' } } },
          { type: 'DELETED', object: { metadata: { name: 'b' } } },
        ],
      },
      {
        call: `GET ${widgets}?watch=true&resourceVersion={rv}&timeoutSeconds=1&labelSelector=app%3Dx`,
        status: 200,
        lines: [
          { type: 'MODIFIED', object: { spec: { size: 2 } } },
          { type: 'DELETED', object: { metadata: { name: 'a' } } },
        ],
      },
      {
        call: `GET ${widgets}?watch=true&resourceVersion=0&timeoutSeconds=1`,
        status: 200,
        lines: [{ type: 'ADDED', object: { metadata: { name: 'a' } } }],
      },
      {
        call: `GET ${widgets}?watch=true&resourceVersion=1&timeoutSeconds=1`,
        status: 200,
        lines: [{ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }],
      },
      {
        call: `GET ${widgets}?watch=true&sendInitialEvents=true&timeoutSeconds=1`,
        status: 422,
        has: causes(['FieldValueForbidden', 'resourceVersionMatch']),
      },
    ],
  },
  {
    name: 'tables',
    steps: [
      { call: `POST ${widgets}`, body: widget('w', { size: 3 }), status: 201 },
      {
        call: `GET ${widgets}`,
        accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
        status: 200,
        has: {
          kind: 'Table',
          apiVersion: 'meta.k8s.io/v1',
          columnDefinitions: [
            { name: 'Name', format: 'name', priority: 0 },
            { name: 'Size', type: 'integer' },
            { name: 'Ready' },
            { name: 'Mode', priority: 1 },
          ],
          rows: [
            {
              cells: ['w', 3, null, 'a'],
              object: { kind: 'PartialObjectMetadata', metadata: { name: 'w' } },
            },
          ],
        },
      },
      {
        call: `GET ${widgets}/w?includeObject=Object`,
        accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
        status: 200,
        has: { rows: [{ object: { kind: 'Widget', spec: { size: 3 } } }] },
      },
      { call: `GET ${widgets}`, accept: 'text/plain', status: 406, has: { reason: 'NotAcceptable' } },
      {
        call: `POST ${secrets}`,
        body: { metadata: { name: 's' }, stringData: { a: 'b', c: 'd' } },
        status: 201,
        has: { type: 'Opaque', data: { a: 'Yg==', c: 'ZA==' }, stringData: absent },
      },
      {
        call: `GET ${secrets}/s`,
        accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
        status: 200,
        has: { rows: [{ cells: ['s', 'Opaque', 2, /^\d+s$/] }] },
      },
    ],
  },
  {
    name: 'discovery and OpenAPI name what is served',
    steps: [
      { call: 'GET /api', status: 200, has: { kind: 'APIVersions', versions: ['v1'] } },
      {
        call: 'GET /apis/contract.test',
        status: 200,
        has: { kind: 'APIGroup', preferredVersion: { groupVersion: 'contract.test/v1' } },
      },
      {
        call: 'GET /apis/contract.test/v1',
        status: 200,
        has: {
          kind: 'APIResourceList',
          groupVersion: 'contract.test/v1',
          resources: [
            { name: 'widgets', singularName: 'widget', namespaced: true, kind: 'Widget', shortNames: ['wd'] },
            { name: 'widgets/status', kind: 'Widget', verbs: ['get', 'patch', 'update'] },
          ],
        },
      },
      {
        call: 'GET /openapi/v3/apis/contract.test/v1',
        status: 200,
        has: {
          components: {
            schemas: {
              'test.contract.v1.Widget': {
                properties: { spec: { properties: { size: { type: 'integer' } } } },
              },
            },
          },
        },
        eventually: true,
      },
      { call: 'GET /readyz', status: 200 },
    ],
  },
]
