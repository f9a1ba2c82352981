// What single kinds insist on, and what follows a deletion.
import { causes, configMaps, mergePatch, type Section, secrets, widget, widgets } from './words.ts'

export const kindSections: readonly Section[] = [
  {
    name: 'what built-in kinds insist on',
    steps: [
      {
        call: `POST ${secrets}`,
        body: { metadata: { name: 's' }, type: 'kubernetes.io/basic-auth' },
        status: 422,
        has: causes(['FieldValueRequired', 'data[username]'], ['FieldValueRequired', 'data[password]']),
      },
      {
        call: `POST ${secrets}`,
        body: { metadata: { name: 's' }, type: 'kubernetes.io/ssh-auth' },
        status: 422,
        has: causes(['FieldValueRequired', 'data[ssh-privatekey]']),
      },
      {
        call: `POST ${secrets}`,
        body: { metadata: { name: 's' }, stringData: { 'a/b': 'c' } },
        status: 422,
        has: causes(['FieldValueInvalid', 'data[a/b]']),
      },
      {
        call: `POST ${secrets}`,
        body: { metadata: { name: 's' }, immutable: true, stringData: { a: 'b' } },
        status: 201,
      },
      {
        call: `PATCH ${secrets}/s`,
        type: mergePatch,
        body: { stringData: { a: 'c' } },
        status: 422,
        has: causes(['FieldValueForbidden', 'data']),
      },
      { call: `POST ${secrets}`, body: { metadata: { name: 't' } }, status: 201 },
      {
        call: `PATCH ${secrets}/t`,
        type: mergePatch,
        body: { type: 'other' },
        status: 422,
        has: causes(['FieldValueInvalid', 'type']),
      },
      {
        call: `POST ${configMaps}`,
        body: { metadata: { name: 'c' }, data: { 'a b': 'c' } },
        status: 422,
        has: causes(['FieldValueInvalid', 'data[a b]']),
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/services',
        body: { metadata: { name: 'x' }, spec: { type: 'ExternalName', externalName: 'proxy.system.svc' } },
        status: 201,
        has: { spec: { type: 'ExternalName', externalName: 'proxy.system.svc' } },
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/services',
        body: { metadata: { name: 'has.dots' }, spec: { ports: [{ port: 80 }] } },
        status: 422,
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/pods',
        body: { metadata: { name: 'p' }, spec: {} },
        status: 422,
        has: causes(['FieldValueRequired', 'spec.containers']),
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/pods',
        body: {
          metadata: { name: 'p' },
          spec: { serviceAccountName: 'none', containers: [{ name: 'c', image: 'i' }] },
        },
        status: 403,
        has: { reason: 'Forbidden' },
      },
      {
        call: 'GET /api/v1/namespaces/{ns}/serviceaccounts/default',
        status: 200,
        eventually: true,
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/pods',
        body: { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } },
        status: 201,
        has: { spec: { serviceAccountName: 'default' }, status: { phase: 'Pending' } },
      },
      {
        call: 'GET /api/v1/namespaces/{ns}/pods?fieldSelector=spec.nodeName%3Dn1',
        status: 200,
        has: { items: [] },
      },
      {
        call: 'GET /api/v1/namespaces/{ns}/pods?fieldSelector=spec.serviceAccountName%3Ddefault',
        status: 200,
        has: { items: [{ metadata: { name: 'p' } }] },
      },
      { call: 'DELETE /api/v1/namespaces/default', status: 403, has: { reason: 'Forbidden' } },
      {
        call: 'POST /apis/coordination.k8s.io/v1/namespaces/{ns}/leases',
        body: {
          metadata: { name: 'l' },
          spec: { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.123456Z' },
        },
        status: 201,
        has: { spec: { renewTime: '2026-01-01T00:00:00.123456Z' } },
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/events',
        body: {
          metadata: { name: 'e' },
          involvedObject: { kind: 'Widget', name: 'w', namespace: '{ns}', uid: '1-2' },
          reason: 'R',
          type: 'Warning',
        },
        status: 201,
      },
      {
        call: 'GET /api/v1/namespaces/{ns}/events?fieldSelector=involvedObject.name%3Dw,involvedObject.uid%3D1-2,involvedObject.kind%3DWidget',
        status: 200,
        has: { items: [{ metadata: { name: 'e' } }] },
      },
      {
        call: 'GET /api/v1/namespaces/{ns}/events?fieldSelector=type%3DNormal,reason%3DR',
        status: 200,
        has: { items: [] },
      },
    ],
  },
  {
    name: 'what is owned goes with its owner',
    steps: [
      { call: `POST ${widgets}`, body: widget('owner'), status: 201, save: { uid: 'metadata.uid' } },
      {
        call: `POST ${configMaps}`,
        body: {
          metadata: {
            name: 'owned',
            ownerReferences: [
              { apiVersion: 'contract.test/v1', kind: 'Widget', name: 'owner', uid: '{uid}' },
            ],
          },
        },
        status: 201,
      },
      {
        call: `POST ${configMaps}`,
        body: {
          metadata: {
            name: 'broken',
            ownerReferences: [{ apiVersion: 'contract.test/v1', kind: 'Widget', name: 'owner' }],
          },
        },
        status: 422,
      },
      { call: `DELETE ${widgets}/owner`, status: 200 },
      { call: `GET ${configMaps}/owned`, status: 404, eventually: true },
      { call: `POST ${widgets}`, body: widget('owner'), status: 201, save: { uid: 'metadata.uid' } },
      {
        call: `POST ${configMaps}`,
        body: {
          metadata: {
            name: 'orphan',
            ownerReferences: [
              { apiVersion: 'contract.test/v1', kind: 'Widget', name: 'owner', uid: '{uid}' },
            ],
          },
        },
        status: 201,
      },
    ],
  },
  {
    name: 'a namespace takes its objects along',
    steps: [
      { call: 'POST /api/v1/namespaces', body: { metadata: { name: '{ns}-gone' } }, status: 201 },
      {
        call: 'GET /api/v1/namespaces/{ns}-gone',
        status: 200,
        has: {
          metadata: { labels: { 'kubernetes.io/metadata.name': '{ns}-gone' } },
          status: { phase: 'Active' },
        },
      },
      {
        call: 'POST /api/v1/namespaces/{ns}-gone/configmaps',
        body: { metadata: { name: 'c' } },
        status: 201,
      },
      {
        call: 'DELETE /api/v1/namespaces/{ns}-gone',
        status: 200,
        has: { kind: 'Namespace', status: { phase: 'Terminating' } },
      },
      { call: 'GET /api/v1/namespaces/{ns}-gone', status: 404, eventually: true },
      { call: 'GET /api/v1/namespaces/{ns}-gone/configmaps/c', status: 404 },
    ],
  },
]
