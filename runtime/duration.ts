// Durations as Go writes them, which is what Kubernetes' users type: `30m`, `1h30m`, `1.5s`, `250ms`.

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds, or undefined for what is not a duration. Not negative. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined
  let totalMs = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    totalMs += Number(amount) * (unitMs[unit ?? ''] ?? 0)
  }
  return totalMs <= Number.MAX_SAFE_INTEGER ? Math.round(totalMs) : undefined
}

/** What `parseDuration` reads, in the largest units that leave nothing over: `5m`, `1h30m`. */
export function formatDuration(ms: number): string {
  const parts: string[] = []
  let leftMs = ms
  for (const [unit, sizeMs] of Object.entries(unitMs).reverse()) {
    const count = Math.floor(leftMs / sizeMs)
    if (count > 0) parts.push(`${count}${unit}`)
    leftMs -= count * sizeMs
  }
  return parts.join('') || '0'
}
