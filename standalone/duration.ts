// Ages as kubectl's tables show them.

const minute = 60
const hour = 60 * minute
const day = 24 * hour
const year = 365 * day

/** Two units while the second one matters: 45s, 5m30s, 50m, 3h20m, 20h, 3d4h, 40d, 2y10d. */
export function humanDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (Number.isNaN(seconds) || seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 2 * minute) return `${seconds}s`
  if (seconds < 10 * minute) return pair(seconds, [minute, 'm'], [1, 's'])
  if (seconds < 3 * hour) return `${Math.floor(seconds / minute)}m`
  if (seconds < 8 * hour) return pair(seconds, [hour, 'h'], [minute, 'm'])
  if (seconds < 2 * day) return `${Math.floor(seconds / hour)}h`
  if (seconds < 8 * day) return pair(seconds, [day, 'd'], [hour, 'h'])
  if (seconds < 2 * year) return `${Math.floor(seconds / day)}d`
  if (seconds < 8 * year) return pair(seconds, [year, 'y'], [day, 'd'])
  return `${Math.floor(seconds / year)}y`
}

type Unit = readonly [seconds: number, letter: string]

function pair(seconds: number, [big, bigLetter]: Unit, [small, smallLetter]: Unit): string {
  const rest = Math.floor((seconds % big) / small)
  return `${Math.floor(seconds / big)}${bigLetter}${rest === 0 ? '' : `${rest}${smallLetter}`}`
}
