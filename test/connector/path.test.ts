import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { canonicalPath, foldedPath } from '../../connector/path.ts'
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
    ['/a/', '/a'],
    ['/a//', '/a'],
    ['/a%2F', '/a'],
    ['/a/;v=1', '/a'],
    ['//', '/'],
    ['/a%2Fb;v=1', '/a/b'],
    ['/a%2Fb%3Bv', '/a/b'],
    ['/a;v=1/b%2Fc', '/a/b/c'],
    ['/%F0%9F%98%80', '/\xf0\x9f\x98\x80'],
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
    '/%f0%80%80%ae',
    '/%c1%a1',
    '/a%ffb',
    '/%e4',
    '/a%c3',
    '/%ed%a0%80',
    '/a%25ff',
    '/\xe4',
    '/a;%2Fb',
    '/a;b%2fc',
    '/a;b%252Fc',
    '/a;%5Cb',
    '/a;\\b',
    '/a%3B%2Fb',
    '/a%3bx%5cb',
    '/a%253B%2Fb',
    '/a;x/b;y%2F',
    '/%252525252e',
  ]) {
    const isRefused = (error: { reason?: string }) => error.reason === 'PathRefused'
    assert.throws(() => canonicalPath(path), isRefused, path)
  }
})

test('however long it is, a path is read in time', () => {
  for (const part of [';', '%3B', '/', '%25', '%2525', '/;', ';%', '\\', '%', '%C3%A4']) {
    // Sixty times what a request line holds: some hundredths of a second, or minutes where the time grows with the square.
    const path = `/${part.repeat(2 ** 20 / part.length)}`
    const before = process.cpuUsage()
    try {
      canonicalPath(path)
    } catch {}
    const { user } = process.cpuUsage(before)
    assert.ok(user < 5e6, `${part}: ${user} µs`)
  }
})

test('a folded path has no case, no width and no marks', () => {
  for (const [path, folded] of [
    ['/A/b', '/a/b'],
    ['/l%C5%BF', '/ls'],
    ['/%C4%B1n', '/in'],
    ['/%C4%B0n', '/in'],
    ['/%E2%84%AA', '/k'],
    ['/%EF%BD%89%EF%BC%8Fn', '/i/n'],
    ['/i%E2%80%8Bn', '/in'],
    ['/e%CC%81', '/e'],
  ] as const) {
    assert.is(foldedPath(canonicalPath(path)), folded, path)
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
    '/a.git/info/lfs.json',
    '/a.git/info/lfs%20/objects/batch',
    '/a.git/info/lf%C5%BF/objects/batch',
    '/a.git/%C4%B1nfo/lfs/objects/batch',
    '/a.git/info%EF%BC%8Flfs/objects/batch',
  ]) {
    assert.ok(isLfsRequest(canonicalPath(path), undefined), path)
  }
  assert.ok(isLfsRequest('/elsewhere', 'application/vnd.git-lfs+json'))
  for (const path of ['/a/info/lfsx', '/a/info/lfs-x', '/a/xinfo/lfs', '/info', '/a/info/x/lfs']) {
    assert.not.ok(isLfsRequest(path, '*/*'), path)
  }
  for (const [path, query, isGit] of [
    ['/a/info/refs', '?service=git-receive-pack', true],
    ['/a/info//refs', '?x&service=git-upload-pack', true],
    ['/a/git-upload-pack', '', true],
    ['/a/git%2Dreceive-pack', '', true],
    ['/a/git-receive-pack/', '', true],
    ['/a/git-receive-pack.json', '', true],
    ['/a/Git-Receive-Pack', '', true],
    ['/a/info/refs/', '?service=git-upload-pack', true],
    ['/a/info/refs.json', '?service=git-upload-pack', true],
    ['/a/INFO/refs', '?service=git-upload-pack', true],
    ['/a/info/refs', '?%73ervice=git%2Dupload-pack', true],
    ['/a/info/refs', '?a=b;service=git-upload-pack', true],
    ['/a/info/refs', '', false],
    ['/a/info/refs', '?service=', false],
    ['/a/info/refs', '?x=service=git-upload-pack', false],
    ['/a/info/refs/x', '?service=git-upload-pack', false],
    ['/a/git-upload-packs', '', false],
  ] as const) {
    assert.is(isGitRequest(canonicalPath(path), query), isGit, path)
  }
})

test.run()
