// The guises of a secret: to look for it, and to take it out of what is printed.

/** Itself, in URLs, in hexadecimal, and in base64 whatever stands before and after it. */
export function formsOf(secret: string): readonly string[] {
  const shifted = [0, 1, 2].map(shift => {
    const encoded = Buffer.from(`${'.'.repeat(shift)}${secret}`).toString('base64')
    // The characters that neighbours have a part in are left out.
    return encoded.slice(Math.ceil((shift * 8) / 6), -4)
  })
  return [...new Set([secret, encodeURIComponent(secret), Buffer.from(secret).toString('hex'), ...shifted])]
}
