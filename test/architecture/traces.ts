// What would tie the tree to the machine or the package mirror on which it was written.
import type { SourceFile } from './source.ts'

/** Places where a public registry is the subject, not the way to fetch our own packages. */
const aboutRegistries =
  /^(classes|docs|tasks|console|charts|test|bench|cli\/demo|resource-interface)\/|^README\.md$/

export function checkTraces({ path, text }: SourceFile): string[] {
  return text.split('\n').flatMap((line, index) => {
    const at = `${path}:${index + 1}`
    const machine = /(?<![\w.:}$*/-])\/(?:(?:work|root|Users\/\w+)\/|tmp\/bash)/.exec(line)
    const host = /\b(registry\.(npmjs|yarnpkg)\.\w+|files\.pythonhosted\.org|proxy\.golang\.org)\b/.exec(line)
    return [
      ...(machine ? [`${at}: names a path of one machine: ${machine[0]}`] : []),
      ...(host && !aboutRegistries.test(path) ? [`${at}: names a package registry: ${host[0]}`] : []),
    ]
  })
}

export function checkLockFile({ path, text }: SourceFile): string[] {
  return /"resolved":\s*"https?:/.test(text) ? [`${path}: holds addresses of one registry ("resolved")`] : []
}
