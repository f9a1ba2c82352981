import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { errorFromStatus } from '../../kube/api-error.ts'

const test = suite('kube/api-error')

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

test.run()
