// The reading of paths that `canonicalPath` refuses: to ask whether servers see more than one path in them.

/** As `canonicalPath` would read it if nothing were refused. */
export function readAnyPath(path: string): string {
  let view = path
  for (;;) {
    const decoded = view.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    if (decoded === view) break
    view = decoded
  }
  const slashed = view
    .replaceAll('\\', '/')
    .replace(/;[^/]*/g, '')
    .replace(/\/{2,}/g, '/')
  return slashed.length > 1 ? slashed.replace(/\/$/, '') : slashed
}
