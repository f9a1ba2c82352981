// nginx as an application that says which location it took, and as a proxy the way that its manual shows it.
import { routes } from './echo.ts'
import type { App } from './servers.ts'

export type NginxOptions = {
  readonly address: string
  readonly echoPort: number
  /** What it stands before, and at which port of its own. */
  readonly apps: readonly { readonly app: App; readonly port: number }[]
}

export function nginxConfig({ address, echoPort, apps }: NginxOptions): string {
  const locations = ['', '/p'].flatMap(prefix =>
    routes.map(route => `    location = ${prefix}${route} { ${echo(route)} }\n`),
  )
  const echoes = `  server {
    listen ${address}:${echoPort};
${locations.join('')}    location / { ${echo('*')} }
  }
`
  const fronts = apps.map(({ app, port }) => nginxFront(`${address}:${port}`, `${address}:${app.port}`))
  return nginxFrame(echoes + fronts.join(''))
}

function echo(route: string): string {
  return `return 200 "echo ${route}\\nraw $uri";`
}

/** A server at `host` before another, which sees what is below `/p` without that. */
export function nginxFront(host: string, backend: string): string {
  return `  server {
    listen ${host};
    location / { proxy_pass http://${backend}/; }
    location /p/ { proxy_pass http://${backend}/; }
  }
`
}

/** All that is not of its servers. Its files are in the folder that it is started with. */
export function nginxFrame(servers: string): string {
  return `daemon off;
user root;
worker_processes 1;
pid nginx.pid;
error_log stderr crit;
events { worker_connections 512; }
http {
  access_log off;
  default_type text/plain;
  client_max_body_size 0;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
${servers}}
`
}
