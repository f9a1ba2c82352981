// How a file is named and sized, and what it may not do when it is merely imported.
import { codeOf, type SourceFile } from './source.ts'

const lineLimit = 300
/** Tests carry their tables of cases. */
const testLineLimit = 400

/** Longer files, each with the reason that a reviewer accepted. */
export const longFiles: Readonly<Record<string, string>> = {
  'gotemplate/value.ts':
    'the value model: lists and dicts read data lazily into values of every kind, so the kinds know one another',
}

const testFolders = ['architecture', 'clients', 'e2e', 'helpers', 'runner']
const junkNames = /^(utils?|helpers?|common|misc|managers?|types|base)$/
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*$/

export function checkName({ path }: SourceFile): string[] {
  const parts = path.replace(/(\.test|\.d)?\.ts$/, '').split('/')
  return parts.flatMap((part, depth) => {
    if (path.startsWith('test/helpers/') && depth === 1) return []
    if (!kebabCase.test(part)) return [`${path}: "${part}" is not kebab-case`]
    return part === 'index' || junkNames.test(part.split('-').at(-1) ?? '')
      ? [`${path}: "${part}" does not say what is inside`]
      : []
  })
}

export function checkLength({ path, text }: SourceFile, reasons = longFiles): string[] {
  const lines = text.trimEnd().split('\n').length
  const limit = path.startsWith('test/') ? testLineLimit : lineLimit
  if (lines > limit && !(path in reasons)) {
    return [
      `${path}: ${lines} lines, over ${limit}: split it, or give its reason in test/architecture/habits.ts`,
    ]
  }
  return lines <= limit && path in reasons ? [`${path}: no longer long: take it out of longFiles`] : []
}

/** `test/<area>/` mirrors a folder of the tree, or is one of the few that only tests have. */
export function checkPlaces(files: readonly SourceFile[]): string[] {
  const tops = new Set(files.map(({ path }) => path.split('/')[0] ?? ''))
  return files.flatMap(({ path }) => {
    const [top, area = '', below] = path.split('/')
    if (top !== 'test' || below === undefined || testFolders.includes(area) || tops.has(area)) return []
    return [`${path}: no folder "${area}" is there to test`]
  })
}

interface Habit {
  readonly pattern: RegExp
  readonly complaint: string
  /** Paths where it is right. */
  readonly except: RegExp
}

const tests = /^test\//
const entryPoints = /^(test|bench)\/|(^|\/)main\.ts$/
const edges = /^(test|bench|cli|bin)\/|(^|\/)config\.ts$/

const habits: readonly Habit[] = [
  { pattern: /^export (let|var)\b/m, complaint: 'exports a variable that can change', except: /^$/ },
  { pattern: /^(let|var)\b/m, complaint: 'keeps state in the module: give it an owner', except: tests },
  { pattern: /^export default\b/m, complaint: 'has a default export', except: /^$/ },
  {
    pattern: /^(await\b|(?!(?:if|for|while|switch|function|super|import)\b)[\w$][\w$.]*\()/m,
    complaint: 'does something when it is imported',
    except: entryPoints,
  },
  {
    pattern: /^(?:export )?const [^\n]*= (?:await\b|set(?:Timeout|Interval)\()/m,
    complaint: 'waits or starts a timer when it is imported',
    except: entryPoints,
  },
  {
    pattern: /\bprocess\.(env|argv)\b/,
    complaint: 'reads the environment or the arguments, which config.ts and cli own',
    except: edges,
  },
  {
    pattern: /\bconsole\.\w+\(/,
    complaint: 'prints, which only the logger does',
    except: /^(test|bench)\//,
  },
  {
    pattern: /\bprocess\.(stdout|stderr)\b/,
    complaint: 'writes to the terminal, which cli/output.ts does, cleaned of what a terminal takes as orders',
    except: /^(test|bench|image)\/|^cli\/output\.ts$/,
  },
  {
    pattern: /\.(before|after)(\.each)?\(/,
    complaint: 'uses a hook: uvu 0.5.6 swallows its errors, so use a scope like withTempDir',
    except: /^(?!test\/.*\.test\.ts$)/,
  },
  {
    pattern: /\bprocess\.exit\(/,
    complaint: 'ends the process, which only its entry point decides',
    except: /^(test|bench|cli)\/|(^|\/)main\.ts$/,
  },
  {
    pattern: /\bprocess\.|\bset(Timeout|Interval|Immediate)\(|(?:\bawait|\breturn|[=(,>])\s*fetch\(/,
    complaint: 'has an effect in the pure ring',
    // gotemplate/limits.ts reads the CPU time that a template has used, where there is a process to ask.
    except: /^(?!(connector|gotemplate|resource-interface)\/)|^gotemplate\/limits\.ts$/,
  },
]

export function checkHabits({ path, text }: SourceFile): string[] {
  const code = codeOf(text)
  return habits.flatMap(({ pattern, complaint, except }) => {
    if (except.test(path)) return []
    const at = code.search(pattern)
    return at < 0 ? [] : [`${path}:${code.slice(0, at).split('\n').length}: ${complaint}`]
  })
}
