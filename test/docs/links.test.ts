// Policy: what a page refers to is there, and the README leads to every guide.
import { dirname, join, normalize } from 'node:path/posix'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readTree } from '../architecture/tree.ts'

const files = readTree()
const pages = files.filter(({ path }) => path.endsWith('.md'))
const paths = new Set(files.flatMap(({ path }) => [path, ...foldersOf(path)]))

const docs = suite('docs')

for (const { path, text } of pages) {
  docs(`${path} refers to what is there`, () => {
    const broken = linksIn(text).filter(link => {
      const [target = '', anchor] = link.split('#')
      const to = target === '' ? path : normalize(join(dirname(path), target)).replace(/\/$/, '')
      if (!paths.has(to)) return true
      const page = pages.find(found => found.path === to)
      return anchor !== undefined && !anchorsIn(page?.text ?? '').has(anchor)
    })
    assert.equal(broken, [])
  })
}

docs('every guide is in the README', () => {
  const linked = linksIn(pages.find(({ path }) => path === 'README.md')?.text ?? '')
  const guides = pages.map(({ path }) => path).filter(path => path.startsWith('docs/'))
  assert.ok(guides.length > 0)
  assert.equal(
    guides.filter(guide => !linked.includes(guide)),
    [],
  )
})

docs.run()

/** Without those to other sites. */
function linksIn(text: string): readonly string[] {
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter(link => !/^\w+:/.test(link))
}

/** As hosts of Markdown make them of headings. */
function anchorsIn(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading)
  return new Set(
    headings.map(heading =>
      heading
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    ),
  )
}

function foldersOf(path: string): readonly string[] {
  const folder = dirname(path)
  return folder === '.' ? [] : [folder, ...foldersOf(folder)]
}
