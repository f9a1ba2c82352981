import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fileNameProblem } from '../../connector/file-name.ts'

const test = suite('connector/file-name')

test('a file’s name is one plain name', () => {
  for (const name of ['a', '.gitconfig', 'a.b-c_D', 'a..b', '...'.slice(0, 1).concat('x'), 'a'.repeat(253)]) {
    assert.is(fileNameProblem(name), undefined, name)
  }
  for (const name of [
    '',
    '.',
    '..',
    '..data',
    '../a',
    'a/b',
    '/a',
    'a\\b',
    'a b',
    'ä',
    'a\n',
    'a\0',
    'a'.repeat(254),
  ]) {
    assert.type(fileNameProblem(name), 'string', name)
  }
})

test.run()
