// Retry-After: how long a tool asks to be left alone. RFC 9110, section 10.2.3.

// A tool may not silence us for longer than this, by mistake or by malice.
const maxMs = 60 * 60 * 1000

/** Milliseconds from `nowMs` (epoch) on, or undefined for no or an unreadable value. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text) * 1000, maxMs)
  // A date begins with the day's name; what else Date.parse takes is no HTTP date.
  const ms = /^[A-Za-z]/.test(text) ? Date.parse(text) - nowMs : Number.NaN
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), maxMs)
}
