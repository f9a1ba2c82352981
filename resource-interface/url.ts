// The one function that expressions are given: the fields of a WHATWG URL, as data.

/** The time that a host's name takes grows with the square of its length. */
const maxLength = 2048

/** JSON of the fields; of null when the text is no URL. */
export function urlFieldsAsJson(text: string): string {
  const url = text.length <= maxLength ? URL.parse(text) : null
  if (!url) return 'null'
  const { href, origin, protocol, username, password, host, hostname, port, pathname, search, hash } = url
  return JSON.stringify({
    href,
    origin,
    protocol,
    username,
    password,
    host,
    hostname,
    port,
    pathname,
    search,
    hash,
  })
}
