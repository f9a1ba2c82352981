import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { errorFromStatus, isNamespaceEnding } from '../../../kube/client/api-error.ts'

const test = suite('kube/client/api-error')

const status = (message: string) => ({ kind: 'Status', reason: 'NotFound', message })
const missing = 'it serves no such kind'

for (const [what, body, words] of [
  ['an object', status('tasks.tekton.dev "a" not found'), 'tasks.tekton.dev "a" not found'],
  ['a kind of a group that is there', status('the server could not find the requested resource'), missing],
  ['a kind of a group that is not there', '404 page not found\n', missing],
  ['a kind, without a word', undefined, missing],
] as const) {
  test(`what 404 says of ${what} that is missing`, () => {
    const error = errorFromStatus({ action: 'get Task "ci/a"', status: 404, body, confidential: false })
    assert.is(error.code, 'NOT_FOUND')
    assert.is(error.message, `Cannot get Task "ci/a": the API server answered 404 NotFound: ${words}`)
  })
}

test('a namespace that is being deleted is told from a right that is missing', () => {
  const refusal = (causes: readonly object[]) =>
    errorFromStatus({
      action: 'create Event in "ci"',
      status: 403,
      body: { kind: 'Status', reason: 'Forbidden', message: 'forbidden', details: { causes } },
      confidential: false,
    })
  const ending = refusal([
    { reason: 'NamespaceTerminating', message: 'being terminated', field: 'metadata.namespace' },
  ])
  assert.is(ending.reason, 'NamespaceTerminating')
  assert.is(ending.code, 'FORBIDDEN')
  assert.ok(isNamespaceEnding(ending))
  assert.not.ok(isNamespaceEnding(refusal([])))
})

test.run()
