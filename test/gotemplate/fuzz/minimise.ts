// Makes a case smaller while ours and Go still differ.
import type { RenderCase } from '../oracle/oracle.ts'

const maxTries = 2000

/** `differs` is asked at most some thousand times, of smaller and smaller cases. */
export async function minimise<T extends RenderCase>(
  one: T,
  differs: (smaller: T) => Promise<boolean>,
): Promise<T> {
  let tries = 0
  let smallest = one
  const attempt = async (change: Partial<RenderCase>): Promise<boolean> => {
    if (tries++ >= maxTries) return false
    const smaller = { ...smallest, ...change }
    if (!(await differs(smaller))) return false
    smallest = smaller
    return true
  }
  for (let before = -1; before !== smallest.template.length && tries < maxTries; ) {
    before = smallest.template.length
    for (let at = 0; at < smallest.template.length; at++) {
      for (const shorter of withoutBlock(smallest.template, at)) {
        if (await attempt({ template: shorter })) at = -1
      }
    }
    for (let size = Math.ceil(before / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = 0; at < smallest.template.length; ) {
        const { template } = smallest
        const shorter = (template.slice(0, at) + template.slice(at + size)).toWellFormed()
        if (!(await attempt({ template: shorter }))) at += size
      }
    }
  }
  if (smallest.options?.name !== undefined) await attempt({ options: without(smallest.options, 'name') })
  if (smallest.options?.missingkey !== undefined)
    await attempt({ options: without(smallest.options, 'missingkey') })
  await dropData(smallest, attempt)
  return smallest
}

function without(
  options: NonNullable<RenderCase['options']>,
  name: 'name' | 'missingkey',
): NonNullable<RenderCase['options']> {
  const { [name]: _, ...rest } = options
  return rest
}

/** The template without the block that starts at `at`, and without its markers only. */
function withoutBlock(template: string, at: number): string[] {
  if (!/^\{\{-?\s*(if|with|range|define|block)\b/.test(template.slice(at))) return []
  const actions = [...template.slice(at).matchAll(/\{\{-?\s*(\w*)[\s\S]*?\}\}/g)]
  const markers: RegExpExecArray[] = []
  let depth = 0
  for (const action of actions) {
    const word = action[1] ?? ''
    if (['if', 'with', 'range', 'define', 'block'].includes(word)) depth++
    if (depth === 1 && (word === 'else' || word === 'end' || markers.length === 0)) markers.push(action)
    if (word === 'end') depth--
    if (depth === 0) break
  }
  const last = markers.at(-1)
  if (depth !== 0 || last === undefined) return []
  const inside = markers.slice(1).map((marker, i) => {
    const before = markers[i] as RegExpExecArray
    return template.slice(at + before.index + before[0].length, at + marker.index)
  })
  const [start, rest] = [template.slice(0, at), template.slice(at + last.index + last[0].length)]
  return [start + rest, ...inside.map(kept => start + kept + rest)]
}

// A top-level entry at a time. Numbers are cut out as text, to keep their spelling.
async function dropData(
  one: RenderCase,
  attempt: (change: Partial<RenderCase>) => Promise<boolean>,
): Promise<void> {
  if (one.data === undefined || one.options?.probe || !one.data.startsWith('{')) return
  let entries = topLevelEntries(one.data)
  for (const entry of [...entries]) {
    const fewer = entries.filter(other => other !== entry)
    if (await attempt({ data: `{${fewer.join(',')}}` })) entries = fewer
  }
}

function topLevelEntries(object: string): string[] {
  const entries: string[] = []
  let depth = 0
  let from = 1
  for (let at = 0; at < object.length; at++) {
    const character = object[at] as string
    if (character === '"') at = endOfString(object, at)
    else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    if ((character === ',' && depth === 1) || depth === 0) {
      if (at > from) entries.push(object.slice(from, at))
      from = at + 1
    }
  }
  return entries
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}
