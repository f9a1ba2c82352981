// Who asks, and whether they may.
import { absent, causes, configMaps, mergePatch, type Section, secrets } from './words.ts'

export const identitySections: readonly Section[] = [
  {
    name: 'who is who: anonymous, wrong tokens, ServiceAccounts',
    steps: [
      {
        call: 'GET /api/v1/namespaces',
        token: '',
        status: 403,
        has: {
          message:
            'namespaces is forbidden: User "system:anonymous" cannot list resource "namespaces" in API group "" at the cluster scope',
        },
      },
      { call: 'GET /version', token: '', status: 200, has: { major: '1', minor: '34' } },
      { call: 'GET /apis', token: '', status: 403 },
      { call: 'GET /api/v1/namespaces', token: 'nonsense', status: 401, has: { reason: 'Unauthorized' } },
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts',
        body: { metadata: { name: 'sa' } },
        status: 201,
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts/sa/token',
        body: { spec: {} },
        status: 201,
        has: {
          kind: 'TokenRequest',
          spec: { expirationSeconds: 3600 },
          status: { expirationTimestamp: /Z$/ },
        },
        save: { token: 'status.token' },
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts/sa/token',
        body: { spec: { expirationSeconds: 60 } },
        status: 422,
        has: causes(['FieldValueInvalid', 'spec.expirationSeconds']),
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts/none/token',
        body: { spec: {} },
        status: 404,
      },
      {
        call: `GET ${secrets}`,
        token: '{token}',
        status: 403,
        has: {
          message:
            'secrets is forbidden: User "system:serviceaccount:{ns}:sa" cannot list resource "secrets" in API group "" in the namespace "{ns}"',
        },
      },
      {
        call: 'POST /apis/authentication.k8s.io/v1/selfsubjectreviews',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
        token: '{token}',
        status: 201,
        has: {
          status: {
            userInfo: {
              username: 'system:serviceaccount:{ns}:sa',
              groups: ['system:serviceaccounts', 'system:serviceaccounts:{ns}', 'system:authenticated'],
            },
          },
        },
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts/sa/token',
        body: { spec: { audiences: ['connectors'] } },
        status: 201,
        has: { spec: { audiences: ['connectors'] } },
        save: { other: 'status.token' },
      },
      { call: `GET ${secrets}`, token: '{other}', status: 401 },
      {
        call: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
        body: { spec: { token: '{other}', audiences: ['connectors', 'more'] } },
        status: 201,
        has: {
          status: {
            authenticated: true,
            audiences: ['connectors'],
            user: { username: 'system:serviceaccount:{ns}:sa', uid: /./ },
          },
        },
      },
      {
        call: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
        body: { spec: { token: '{other}', audiences: ['elsewhere'] } },
        status: 201,
        has: { status: { authenticated: absent, error: /./, user: {} } },
      },
      {
        call: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
        body: { spec: { token: '{other}x', audiences: ['connectors'] } },
        status: 201,
        has: { status: { authenticated: absent } },
      },
      {
        call: 'DELETE /api/v1/namespaces/{ns}/serviceaccounts/sa',
        status: 200,
        has: { kind: 'ServiceAccount' },
      },
      {
        call: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
        body: { spec: { token: '{other}', audiences: ['connectors'] } },
        status: 201,
        has: { status: { authenticated: absent, error: /./ } },
        eventually: true,
      },
    ],
  },
  {
    name: 'tokens are bound to pods',
    steps: [
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts',
        body: { metadata: { name: 'sa' } },
        status: 201,
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/pods',
        body: {
          metadata: { name: 'p' },
          spec: { serviceAccountName: 'sa', containers: [{ name: 'c', image: 'i' }] },
        },
        status: 201,
        save: { pod: 'metadata.uid' },
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts/sa/token',
        body: {
          spec: {
            audiences: ['connectors'],
            boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: '{pod}' },
          },
        },
        status: 201,
        save: { token: 'status.token' },
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts/sa/token',
        body: { spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'other' } } },
        status: 409,
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts/sa/token',
        body: { spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'none' } } },
        status: 404,
      },
      {
        call: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
        body: { spec: { token: '{token}', audiences: ['connectors'] } },
        status: 201,
        has: {
          status: {
            authenticated: true,
            user: {
              extra: {
                'authentication.kubernetes.io/pod-name': ['p'],
                'authentication.kubernetes.io/pod-uid': ['{pod}'],
              },
            },
          },
        },
      },
      {
        call: 'DELETE /api/v1/namespaces/{ns}/pods/p?gracePeriodSeconds=0',
        status: 200,
        has: { kind: 'Pod' },
      },
      {
        call: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
        body: { spec: { token: '{token}', audiences: ['connectors'] } },
        status: 201,
        has: { status: { authenticated: absent } },
        eventually: true,
      },
    ],
  },
  {
    name: 'permissions are those of RBAC',
    steps: [
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts',
        body: { metadata: { name: 'sa' } },
        status: 201,
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts/sa/token',
        body: { spec: {} },
        status: 201,
        save: { token: 'status.token' },
      },
      {
        call: 'POST /apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles',
        body: {
          metadata: { name: 'use' },
          rules: [
            {
              apiGroups: ['contract.test'],
              resources: ['widgets/proxy'],
              verbs: ['get'],
              resourceNames: ['w'],
            },
            { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] },
            { apiGroups: [''], resources: ['secrets'], verbs: ['list'], resourceNames: ['one'] },
            { apiGroups: ['rbac.authorization.k8s.io'], resources: ['*'], verbs: ['create'] },
          ],
        },
        status: 201,
      },
      {
        call: 'POST /apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings',
        body: {
          metadata: { name: 'use' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'use' },
          subjects: [
            {
              kind: 'Group',
              apiGroup: 'rbac.authorization.k8s.io',
              name: 'system:serviceaccounts:{ns}',
            },
          ],
        },
        status: 201,
      },
      { call: `GET ${configMaps}`, token: '{token}', status: 200, eventually: true },
      { call: `GET ${secrets}`, token: '{token}', status: 403 },
      { call: `GET ${secrets}?fieldSelector=metadata.name%3Done`, token: '{token}', status: 200 },
      { call: `GET ${secrets}?fieldSelector=metadata.name%3Dother`, token: '{token}', status: 403 },
      { call: `GET ${secrets}?fieldSelector=metadata.name!%3Done`, token: '{token}', status: 403 },
      ...(
        [
          [
            { resource: 'widgets', subresource: 'proxy', verb: 'get', name: 'w', group: 'contract.test' },
            true,
          ],
          [
            { resource: 'widgets', subresource: 'proxy', verb: 'get', name: 'v', group: 'contract.test' },
            false,
          ],
          [{ resource: 'widgets', verb: 'get', name: 'w', group: 'contract.test' }, false],
          [
            { resource: 'widgets', subresource: 'proxy', verb: 'create', name: 'w', group: 'contract.test' },
            false,
          ],
          [{ resource: 'configmaps', verb: 'list', group: '' }, true],
          [{ resource: 'configmaps', verb: 'list', group: 'contract.test' }, false],
        ] as const
      ).map(([resourceAttributes, allowed]) => ({
        call: 'POST /apis/authorization.k8s.io/v1/subjectaccessreviews',
        body: {
          spec: {
            user: 'system:serviceaccount:{ns}:sa',
            groups: ['system:serviceaccounts:{ns}'],
            resourceAttributes: { ...resourceAttributes, namespace: '{ns}' },
          },
        },
        status: 201,
        has: { status: { allowed } },
      })),
      {
        call: 'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        body: { spec: { resourceAttributes: { verb: 'list', resource: 'configmaps', namespace: '{ns}' } } },
        token: '{token}',
        status: 201,
        has: { status: { allowed: true, reason: /RoleBinding "use\/{ns}" of Role "use"/ } },
      },
      {
        call: 'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        body: { spec: { nonResourceAttributes: { verb: 'get', path: '/metrics' } } },
        token: '{token}',
        status: 201,
        has: { status: { allowed: false } },
      },
      {
        call: 'POST /apis/authorization.k8s.io/v1/subjectaccessreviews',
        body: { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } },
        status: 422,
      },
      {
        call: 'POST /apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles',
        body: {
          metadata: { name: 'held' },
          rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }],
        },
        token: '{token}',
        status: 201,
      },
      {
        call: 'POST /apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles',
        body: {
          metadata: { name: 'more' },
          rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
        },
        token: '{token}',
        status: 403,
        has: { message: /is attempting to grant RBAC permissions not currently held/ },
      },
      {
        call: 'POST /apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings',
        body: {
          metadata: { name: 'more' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
          subjects: [{ kind: 'ServiceAccount', name: 'sa', namespace: '{ns}' }],
        },
        token: '{token}',
        status: 403,
      },
      {
        call: 'PATCH /apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings/use',
        type: mergePatch,
        body: { roleRef: { name: 'other' } },
        status: 422,
        has: causes(['FieldValueInvalid', 'roleRef']),
      },
    ],
  },
]
