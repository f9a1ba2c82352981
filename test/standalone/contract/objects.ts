// Writing objects.
import { absent, causes, configMaps, type Section, secrets, unchecked, widget, widgets } from './words.ts'

export const objectSections: readonly Section[] = [
  {
    name: 'objects are created, read, changed and deleted',
    steps: [
      {
        call: `POST ${widgets}`,
        body: widget('w'),
        status: 201,
        has: {
          apiVersion: 'contract.test/v1',
          kind: 'Widget',
          metadata: { name: 'w', namespace: '{ns}', generation: 1, uid: /.{36}/, resourceVersion: /^\d+$/ },
        },
        save: { uid: 'metadata.uid', rv: 'metadata.resourceVersion' },
      },
      { call: `POST ${widgets}`, body: widget('w'), status: 409, has: { reason: 'AlreadyExists' } },
      {
        call: `GET ${widgets}/none`,
        status: 404,
        has: {
          kind: 'Status',
          reason: 'NotFound',
          message: 'widgets.contract.test "none" not found',
          details: { name: 'none', group: 'contract.test', kind: 'widgets' },
        },
      },
      { call: `GET ${widgets}/w`, status: 200, has: { metadata: { uid: '{uid}', resourceVersion: '{rv}' } } },
      {
        call: `PUT ${widgets}/w`,
        body: widget('w'),
        status: 422,
        has: causes(['FieldValueInvalid', 'metadata.resourceVersion']),
      },
      {
        call: `PUT ${widgets}/w`,
        body: { ...widget('w', { size: 2 }), metadata: { name: 'w', resourceVersion: '{rv}' } },
        status: 200,
        has: { spec: { size: 2 }, metadata: { generation: 2 } },
      },
      {
        call: `PUT ${widgets}/w`,
        body: { ...widget('w', { size: 3 }), metadata: { name: 'w', resourceVersion: '{rv}' } },
        status: 409,
        has: {
          reason: 'Conflict',
          message:
            'Operation cannot be fulfilled on widgets.contract.test "w": the object has been modified; please apply your changes to the latest version and try again',
        },
      },
      {
        call: `PUT ${widgets}/w`,
        body: widget('other'),
        status: 400,
        has: { message: 'the name of the object (other) does not match the name on the URL (w)' },
      },
      { call: `PUT ${widgets}`, body: widget('w'), status: 400, has: { message: 'name must be provided' } },
      {
        call: `DELETE ${widgets}/w`,
        body: { preconditions: { uid: 'other' } },
        status: 409,
        has: { reason: 'Conflict', message: /UID in the precondition/ },
      },
      {
        call: `DELETE ${widgets}/w`,
        body: { propagationPolicy: 'Whenever' },
        status: 422,
        has: causes(['FieldValueNotSupported', 'propagationPolicy']),
      },
      {
        call: `DELETE ${widgets}/w`,
        status: 200,
        has: { kind: 'Status', status: 'Success', details: { name: 'w', kind: 'widgets', uid: '{uid}' } },
      },
      { call: `DELETE ${widgets}/w`, status: 404 },
    ],
  },
  {
    name: 'names and places are checked',
    steps: [
      {
        call: `POST ${widgets}`,
        body: widget('A_b'),
        status: 422,
        has: { ...causes(['FieldValueInvalid', 'metadata.name']), message: /lowercase RFC 1123 subdomain/ },
      },
      {
        call: `POST ${widgets}`,
        body: { ...widget(''), metadata: {} },
        status: 422,
        has: causes(['FieldValueRequired', 'metadata.name'], unchecked),
      },
      {
        call: `POST ${configMaps}`,
        body: { metadata: { generateName: 'gen-' } },
        status: 201,
        has: { metadata: { name: /^gen-.{5}$/, generateName: 'gen-' } },
      },
      {
        call: `POST ${widgets}`,
        body: { ...widget('w'), metadata: { name: 'w', namespace: 'other' } },
        status: 400,
        has: {
          message: 'the namespace of the provided object does not match the namespace sent on the request',
        },
      },
      {
        call: 'POST /apis/contract.test/v1/namespaces/never-made/widgets',
        body: widget('w'),
        status: 404,
        has: { message: 'namespaces "never-made" not found' },
      },
      {
        call: `POST ${widgets}`,
        body: { ...widget('w'), metadata: { name: 'w', labels: { 'a b': 'c' } } },
        status: 422,
        has: causes(['FieldValueInvalid', 'metadata.labels']),
      },
      {
        call: `POST ${widgets}`,
        body: { ...widget('w'), metadata: { name: 'w', labels: { a: 'not ok' } } },
        status: 422,
        has: causes(['FieldValueInvalid', 'metadata.labels']),
      },
      {
        call: 'POST /api/v1/namespaces',
        body: { metadata: { name: 'dots.are.not.labels' } },
        status: 422,
        has: causes(['FieldValueInvalid', 'metadata.name']),
      },
      {
        call: `POST ${widgets}`,
        body: { ...widget('w'), kind: 'Gadget' },
        status: 422,
        has: { message: /must be Widget/ },
      },
      { call: 'GET /apis/contract.test/v2/namespaces/{ns}/widgets', status: 404 },
      { call: 'GET /apis/contract.test/v1/namespaces/{ns}/gadgets', status: 404 },
      { call: 'GET /nothing/here', status: 404 },
    ],
  },
  {
    name: 'schemas: defaults, pruning, violations',
    steps: [
      {
        call: `POST ${widgets}`,
        body: widget('w', {
          size: 1,
          nested: {},
          gone: 1,
          any: { kept: [1, null] },
          port: 'http',
          url: null,
        }),
        status: 201,
        has: {
          spec: {
            mode: 'a',
            nested: { deep: true },
            gone: absent,
            url: absent,
            any: { kept: [1, null] },
            port: 'http',
          },
        },
        warning: /unknown field \\?"spec.gone/,
      },
      {
        call: `POST ${widgets}?fieldValidation=Strict`,
        body: { ...widget('x', { size: 1, gone: 1 }), metadata: { name: 'x', odd: 1 } },
        status: 400,
        has: {
          reason: 'BadRequest',
          message:
            'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "metadata.odd", unknown field "spec.gone"',
        },
      },
      {
        call: `POST ${secrets}?fieldValidation=Strict`,
        body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' }, odd: 1 },
        status: 400,
        has: {
          message:
            'Secret in version "v1" cannot be handled as a Secret: strict decoding error: unknown field "odd"',
        },
      },
      {
        call: `POST ${widgets}`,
        body: widget('x', { size: '1' }),
        status: 422,
        has: {
          details: {
            causes: [
              {
                reason: 'FieldValueTypeInvalid',
                field: 'spec.size',
                message: 'Invalid value: "string": spec.size in body must be of type integer: "string"',
              },
              {
                reason: 'FieldValueInvalid',
                field: '<nil>',
                message:
                  'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
              },
            ],
          },
        },
      },
      {
        call: `POST ${widgets}`,
        body: widget('x', {}),
        status: 422,
        has: causes(['FieldValueRequired', 'spec.size'], unchecked),
      },
      {
        call: `POST ${widgets}`,
        body: widget('x', { size: 12 }),
        status: 422,
        has: { message: /spec.size: Invalid value: 12: spec.size in body should be less than or equal to 9/ },
      },
      {
        call: `POST ${widgets}`,
        body: widget('x', { size: 1, mode: 'z' }),
        status: 422,
        has: { message: /spec.mode: Unsupported value: "z": supported values: "a", "b"/ },
      },
      {
        call: `POST ${widgets}`,
        body: widget('x', { size: 1, url: 'ftp://x' }),
        status: 422,
        has: { message: /spec.url in body should match '\^https\?:\/\/'/ },
      },
      {
        call: `POST ${widgets}`,
        body: widget('x', { size: 1, url: 'https://a.very.long.host.example' }),
        status: 422,
        has: causes(['FieldValueTooLong', 'spec.url'], unchecked),
      },
      {
        call: `POST ${widgets}`,
        body: widget('x', { size: 1, tags: { a: 1 } }),
        status: 422,
        has: causes(['FieldValueTypeInvalid', 'spec.tags.a'], unchecked),
      },
      {
        call: `POST ${widgets}`,
        body: widget('x', { size: 1, items: [{ name: 'a' }, { name: 'a' }] }),
        status: 422,
        has: causes(['FieldValueDuplicate', 'spec.items[1]']),
      },
      {
        call: `POST ${widgets}`,
        body: widget('x', { size: 1, items: [{}] }),
        status: 422,
        has: causes(['FieldValueRequired', 'spec.items[0].name'], unchecked),
      },
      { call: `POST ${secrets}`, body: { metadata: { name: 'x' }, type: 5 }, status: 400 },
      { call: `POST ${secrets}`, body: { metadata: { name: 'x' }, data: { a: '?' } }, status: 400 },
      { call: `POST ${secrets}`, body: '{nope', status: 400, has: { reason: 'BadRequest' } },
    ],
  },
]
