import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { canonicalPath } from '../../connector/path.ts'
import { isGitRequest } from '../../connector/protocol/git.ts'
import { isLfsRequest } from '../../connector/protocol/lfs.ts'

const test = suite('connector/path')

test('every spelling of a path that tools read alike has one reading', () => {
  for (const [path, reading] of [
    ['', ''],
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/@scope%2fname', '/@scope/name'],
    ['/projects/a%2Fb', '/projects/a/b'],
    ['/a%252Fb', '/a/b'],
    ['/a//b', '/a/b'],
    ['/a///%2Fb', '/a/b'],
    ['/a;v=1/b', '/a/b'],
    ['/a%3Bv=1/b', '/a/b'],
    ['/a%5Cb', '/a/b'],
    ['/%62atch', '/batch'],
    ['/%2562atch', '/batch'],
    ['/...', '/...'],
    ['/a.', '/a.'],
    ['/.a', '/.a'],
    ['/a%2Etxt', '/a.txt'],
    ['/a%20b', '/a b'],
    ['/100%25', '/100%'],
    ['/%C3%A4', '/\xc3\xa4'],
    ['/a/', '/a/'],
  ] as const) {
    assert.is(canonicalPath(path), reading, path)
    assert.is(canonicalPath(canonicalPath(path).replaceAll('%', '%25')), reading, `${path}, read again`)
  }
})

test('a path that two readers could take for different ones is refused', () => {
  for (const path of [
    'a',
    '/.',
    '/..',
    '/a/..',
    '/a/./b',
    '/..;a',
    '/%2e',
    '/%2E%2e/',
    '/a%2f..',
    '/%252e%252e',
    '/a\\..\\b',
    '/a%5c..',
    '/..%5cb',
    '/a%00',
    '/%09../b',
    '/a%0ab',
    '/a%0d',
    '/%250a',
    '/a%7f',
    '/%',
    '/%4',
    '/%g0',
    '/..%3f',
    '/..%23',
    '/..%20/',
    '/%c0%ae',
    '/%e0%80%af',
    '/%252525252e',
  ]) {
    const isRefused = (error: { reason?: string }) => error.reason === 'PathRefused'
    assert.throws(() => canonicalPath(path), isRefused, path)
  }
})

test('a request of Git or of Git LFS is one under every spelling', () => {
  for (const path of [
    '/a.git/info/lfs/objects/batch',
    '/a.git/info/lfs/objects/%62atch',
    '/a.git/info/lfs//objects/batch',
    '/a.git/info%2flfs/objects/batch/',
    '/a.git/info/lfs/objects/batch.json',
    '/a.git/info;x/lfs/locks',
    '/a.git/INFO/LFS/objects/1',
    '/a.git/info%5clfs/objects/batch',
  ]) {
    assert.ok(isLfsRequest(canonicalPath(path), undefined), path)
  }
  assert.ok(isLfsRequest('/elsewhere', 'application/vnd.git-lfs+json'))
  assert.not.ok(isLfsRequest('/a/info/lfsx', '*/*'))
  for (const [path, query, isGit] of [
    ['/a/info/refs', '?service=git-receive-pack', true],
    ['/a/info//refs', '?x&service=git-upload-pack', true],
    ['/a/git-upload-pack', '', true],
    ['/a/git%2Dreceive-pack', '', true],
    ['/a/info/refs', '', false],
    ['/a/git-upload-packs', '', false],
  ] as const) {
    assert.is(isGitRequest(canonicalPath(path), query), isGit, path)
  }
})

test.run()
