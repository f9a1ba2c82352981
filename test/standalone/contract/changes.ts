// Changing objects in part.
import {
  absent,
  causes,
  jsonPatch,
  mergePatch,
  type Section,
  strategicPatch,
  unchecked,
  widget,
  widgets,
} from './words.ts'

export const changeSections: readonly Section[] = [
  {
    name: 'the status is a resource of its own',
    steps: [
      {
        call: `POST ${widgets}`,
        body: widget('w', { size: 1 }, { status: { conditions: [] } }),
        status: 201,
        has: { status: absent },
        save: { rv: 'metadata.resourceVersion' },
      },
      {
        call: `PUT ${widgets}/w/status`,
        body: {
          ...widget('w', { size: 5 }, { status: { conditions: [{ type: 'Ready', status: 'True' }] } }),
          metadata: { name: 'w', resourceVersion: '{rv}', labels: { a: 'b' } },
        },
        status: 200,
        has: {
          spec: { size: 1 },
          metadata: { generation: 1, labels: absent },
          status: { conditions: [{ type: 'Ready', status: 'True' }] },
        },
      },
      {
        call: `PATCH ${widgets}/w`,
        type: mergePatch,
        body: { spec: { size: 2 }, status: { conditions: null }, metadata: { labels: { a: 'b' } } },
        status: 200,
        has: {
          spec: { size: 2 },
          metadata: { generation: 2, labels: { a: 'b' } },
          status: { conditions: [{ type: 'Ready' }] },
        },
        save: { rv: 'metadata.resourceVersion' },
      },
      {
        call: `PATCH ${widgets}/w`,
        type: mergePatch,
        body: { spec: { size: 2 } },
        status: 200,
        has: { metadata: { generation: 2, resourceVersion: '{rv}' } },
      },
      {
        call: `PATCH ${widgets}/w`,
        type: mergePatch,
        body: { metadata: { labels: { c: 'd' } } },
        status: 200,
        has: { metadata: { generation: 2 } },
      },
      {
        call: `PATCH ${widgets}/w/status`,
        type: mergePatch,
        body: { status: { conditions: [{ type: 'Ready' }] } },
        status: 422,
        has: causes(['FieldValueRequired', 'status.conditions[0].status'], unchecked),
      },
      {
        call: `GET ${widgets}/w/status`,
        status: 200,
        has: { kind: 'Widget', status: { conditions: [{ type: 'Ready' }] } },
      },
      { call: `GET ${widgets}/w/scale`, status: 404 },
    ],
  },
  {
    name: 'patches',
    steps: [
      { call: `POST ${widgets}`, body: widget('w', { size: 1, tags: { a: '1', b: '2' } }), status: 201 },
      {
        call: `PATCH ${widgets}/w`,
        type: mergePatch,
        body: { spec: { tags: { a: null, c: '3' } } },
        status: 200,
        has: { spec: { tags: { a: absent, b: '2', c: '3' } } },
      },
      {
        call: `PATCH ${widgets}/w`,
        type: jsonPatch,
        body: [{ op: 'replace', path: '/spec/size', value: 4 }],
        status: 200,
        has: { spec: { size: 4 } },
      },
      {
        call: `PATCH ${widgets}/w`,
        type: jsonPatch,
        body: [{ op: 'test', path: '/spec/size', value: 5 }],
        status: 422,
        has: { reason: 'Invalid' },
      },
      {
        call: `PATCH ${widgets}/w`,
        type: strategicPatch,
        body: { spec: { size: 2 } },
        status: 415,
        has: { reason: 'UnsupportedMediaType' },
      },
      {
        call: `PATCH ${widgets}/w`,
        type: mergePatch,
        body: { metadata: { resourceVersion: '1' } },
        status: 409,
        has: { reason: 'Conflict' },
      },
      {
        call: `PATCH ${widgets}/w`,
        type: mergePatch,
        body: { metadata: { name: 'x' } },
        status: 400,
      },
      {
        call: `PATCH ${widgets}/w`,
        type: mergePatch,
        body: { metadata: { uid: 'x' } },
        status: 422,
      },
      { call: `PATCH ${widgets}/none`, type: mergePatch, body: {}, status: 404 },
      {
        call: 'POST /api/v1/namespaces/{ns}/services',
        body: { metadata: { name: 's' }, spec: { ports: [{ port: 80 }, { name: 'b', port: 81 }] } },
        status: 422,
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/services',
        body: {
          metadata: { name: 's' },
          spec: {
            ports: [
              { name: 'a', port: 80 },
              { name: 'b', port: 81 },
            ],
          },
        },
        status: 201,
        has: { spec: { type: 'ClusterIP', ports: [{ protocol: 'TCP', targetPort: 80 }, { port: 81 }] } },
      },
      {
        call: 'PATCH /api/v1/namespaces/{ns}/services/s',
        type: strategicPatch,
        body: {
          spec: {
            ports: [
              { port: 81, name: 'c' },
              { $patch: 'delete', port: 80 },
            ],
          },
        },
        status: 200,
        has: { spec: { ports: [{ port: 81, name: 'c', protocol: 'TCP' }] } },
      },
    ],
  },
]
