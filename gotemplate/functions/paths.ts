// Slash-separated paths as Go's package path reads them; the os functions are the same on Linux.
import type { TemplateFunction } from '../function.ts'
import { define, string } from '../function.ts'

function clean(path: string): string {
  const isRooted = path.startsWith('/')
  const kept: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop()
    else if (part !== '..' || !isRooted) kept.push(part)
  }
  return (isRooted ? '/' : '') + kept.join('/') || '.'
}

function base(path: string): string {
  if (path === '') return '.'
  let end = path.length
  while (end > 0 && path[end - 1] === '/') end--
  return path.slice(path.lastIndexOf('/', end - 1) + 1, end) || '/'
}

function dir(path: string): string {
  return clean(path.slice(0, path.lastIndexOf('/') + 1))
}

function extension(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  return dot < 0 ? '' : name.slice(dot)
}

const functions = {
  base: define([string], (_, path) => base(path)),
  dir: define([string], (_, path) => dir(path)),
  clean: define([string], (_, path) => clean(path)),
  ext: define([string], (_, path) => extension(path)),
  isAbs: define([string], (_, path) => path.startsWith('/')),
}

export const paths: Readonly<Record<string, TemplateFunction>> = {
  ...functions,
  osBase: functions.base,
  osDir: functions.dir,
  osClean: functions.clean,
  osExt: functions.ext,
  osIsAbs: functions.isAbs,
}
