// What a person reads: one line per file, and the whole story of what failed.
import { relative } from 'node:path'
import type { Failure } from './reports.ts'
import type { FileResult } from './run-file.ts'

const detailLines = 80

export function failedCount({ failures, problems }: FileResult): number {
  return failures.length + problems.length
}

export function fileLine(result: FileResult): string {
  const failed = failedCount(result)
  const counts = failed === 0 ? `${result.passed}` : `${result.passed} passed, ${failed} failed`
  return `${failed === 0 ? '✓' : '✘'} ${relative('', result.file)}  ${counts}  ${Math.round(result.durationMs)} ms`
}

/** `outputLines`: how much of the end of what the file printed is worth showing. */
export function failureText(result: FileResult, { outputLines = 60 } = {}): string {
  const parts = [
    ...result.problems.map(({ code, text, failure }) => [`✘ [${code}] ${text}`, ...failureLines(failure)]),
    ...result.failures.map(({ test, failure }) => [`✘ ${test}`, ...failureLines(failure)]),
  ].map(lines => indent(lines.join('\n')))
  const output = result.output.trim()
  if (output) parts.push(indent(`printed:\n${indent(lastLines(output, outputLines))}`))
  return parts.join('\n')
}

function failureLines(failure: Failure | undefined): string[] {
  if (!failure) return []
  const { message, details, stack } = failure
  return [message, firstLines(details.trimEnd(), detailLines), stack].filter(Boolean).map(indent)
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '    ')
}

function firstLines(text: string, count: number): string {
  const lines = text.split('\n')
  return lines.length <= count
    ? text
    : [...lines.slice(0, count), `(${lines.length - count} more lines)`].join('\n')
}

function lastLines(text: string, count: number): string {
  const lines = text.split('\n')
  return lines.length <= count
    ? text
    : [`(${lines.length - count} lines before)`, ...lines.slice(-count)].join('\n')
}
