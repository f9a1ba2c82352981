// Apache as an application that says which location it took, and as a proxy in the ways in which it is told to let
// encoded slashes pass.
import { routes } from './echo.ts'
import type { App } from './servers.ts'

export type ApacheHost = {
  readonly port: number
  /** `AllowEncodedSlashes` */
  readonly slashes: 'On' | 'NoDecode'
  /** What it stands before; itself without. */
  readonly app?: App
  /** `nocanon`: whether the path goes on as it came. */
  readonly isRaw?: boolean
}

export type ApacheOptions = {
  readonly dir: string
  readonly address: string
  readonly hosts: readonly ApacheHost[]
}

const modules = ['mpm_event', 'authz_core', 'headers', 'rewrite', 'proxy', 'proxy_http']

export function apacheConfig({ dir, address, hosts }: ApacheOptions): string {
  return `ServerRoot ${dir}
ServerName tool.example
DefaultRuntimeDir ${dir}
PidFile ${dir}/apache.pid
User www-data
Group www-data
ErrorLog ${dir}/apache.log
LogLevel crit
ServerLimit 1
StartServers 1
ThreadsPerChild 64
MaxRequestWorkers 64
${modules.map(name => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
${hosts.map(host => virtualHost(host, address)).join('')}`
}

function virtualHost({ port, slashes, app, isRaw }: ApacheHost, address: string): string {
  const canon = isRaw ? ' nocanon' : ''
  const backend = `http://${address}:${app?.port}`
  const passes = [`ProxyPass /p ${backend}${canon}`, `ProxyPass / ${backend}/${canon}`]
  return `Listen ${address}:${port}
<VirtualHost ${address}:${port}>
AllowEncodedSlashes ${slashes}
${app === undefined ? echoes : passes.join('\n')}
</VirtualHost>
`
}

const echoes = `RewriteEngine On
RewriteRule ^ - [R=204,L]
${echo('*')}
${routes.map(route => `<LocationMatch "^(/p)?${route.replaceAll('.', '\\.')}$">\n${echo(route)}\n</LocationMatch>`).join('\n')}`

function echo(route: string): string {
  return `Header always set X-Echo "expr=echo ${route} b64 %{base64:%{REQUEST_URI}}"`
}
