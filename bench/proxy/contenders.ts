// What is measured: direct, nginx, Caddy and ours, all in front of the same tool. nginx and Caddy do less: a static
// header and an access log, where ours checks a token and a permission and finds the credential.
import { randomBytes } from 'node:crypto'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Contender, type Keep, secret } from './contender.ts'
import { startOurs } from './ours.ts'
import { freePort, type Program, startProgram } from './programs.ts'

export type Field = { readonly contenders: readonly Contender[]; end(): Promise<void> }

const credential = Buffer.from(`${secret.username}:${secret.password}`).toString('base64')
export const downloadBytes = 1024 ** 3

/** Nothing of it goes on when a part of it cannot be started. */
export async function startField(dir: string): Promise<Field> {
  const started: { end(): Promise<void> }[] = []
  const end = async () => {
    for (const part of started.splice(0).reverse()) await part.end()
  }
  const keep: Keep = async starting => {
    const part = await starting
    started.push(part)
    return part
  }
  try {
    return { contenders: await startContenders(dir, keep), end }
  } catch (error) {
    await end()
    throw error
  }
}

async function startContenders(dir: string, keep: Keep): Promise<readonly Contender[]> {
  const [toolPort, filesPort, nginxPort, caddyPort, oursPort] = await Promise.all(
    Array.from({ length: 5 }, freePort),
  )
  const tool = `http://127.0.0.1:${toolPort}`
  const files = `http://127.0.0.1:${filesPort}`
  await startTools({ dir, toolPort: toolPort as number, filesPort: filesPort as number }, keep)

  const pass = (to: string) =>
    `proxy_pass http://${to}; proxy_set_header Authorization "Basic ${credential}";`
  const nginx = await keep(
    startNginx('nginx', {
      dir,
      port: nginxPort as number,
      server: `access_log ${dir}/nginx.log; client_max_body_size 0; proxy_http_version 1.1;
        proxy_set_header Connection ""; proxy_request_buffering off; proxy_buffering on; proxy_max_temp_file_size 0;
        location / { ${pass('tool')} } location /big { ${pass('files')} }`,
      upstreams: `upstream tool { server 127.0.0.1:${toolPort}; keepalive 64; keepalive_requests 100000000; }
        upstream files { server 127.0.0.1:${filesPort}; keepalive 64; }`,
    }),
  )
  const caddy = await keep(startCaddy({ dir, port: caddyPort as number, tool, files }))
  const ours = await startOurs({ dir, port: oursPort as number, tool, files }, keep)

  const contender = (name: string, base: string, program: Program | undefined): Contender => ({
    name,
    program,
    small: `${base}/`,
    download: `${base}/big`,
    upload: `${base}/upload`,
    headers: [],
  })
  return [
    { ...contender('direct', tool, undefined), download: `${files}/big` },
    contender('nginx', `http://127.0.0.1:${nginxPort}`, nginx),
    contender('Caddy', `http://127.0.0.1:${caddyPort}`, caddy),
    ours,
  ]
}

/** What is behind every proxy: small answers, uploads that go nowhere, and a large file of random bytes. */
export async function startTools(
  options: { readonly dir: string; readonly toolPort: number; readonly filesPort: number },
  keep: Keep,
): Promise<void> {
  const { dir, toolPort, filesPort } = options
  await writeRandomFile(join(dir, 'big'), downloadBytes)
  const command = [process.execPath, join(import.meta.dirname, 'tool.ts'), String(toolPort)] as const
  await keep(startProgram({ name: 'tool', command: [...command], port: toolPort }))
  await keep(startNginx('files', { dir, port: filesPort, server: `root ${dir}; sendfile on;` }))
}

/** One block over and over: what looks into a body must find it as hard as any. */
async function writeRandomFile(path: string, bytes: number): Promise<void> {
  const block = randomBytes(16 * 1024 * 1024)
  const file = await open(path, 'w')
  try {
    for (let written = 0; written < bytes; written += block.length) await file.write(block)
  } finally {
    await file.close()
  }
}

export async function startNginx(
  name: string,
  options: {
    readonly dir: string
    readonly port: number
    readonly server: string
    readonly upstreams?: string
  },
): Promise<Program> {
  const { dir, port, server, upstreams = '' } = options
  const file = join(dir, `${name}.conf`)
  await writeFile(
    file,
    `daemon off; user root; worker_processes 1; pid ${dir}/${name}.pid; error_log ${dir}/${name}.error.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 100000000; client_body_temp_path ${dir}/${name}-body;
proxy_temp_path ${dir}/${name}-proxy; fastcgi_temp_path ${dir}/${name}-f; uwsgi_temp_path ${dir}/${name}-u;
scgi_temp_path ${dir}/${name}-s; ${upstreams}
server { listen 127.0.0.1:${port}; ${server} } }`,
  )
  return startProgram({ name, command: ['nginx', '-c', file, '-p', dir], port })
}

async function startCaddy(options: {
  readonly dir: string
  readonly port: number
  readonly tool: string
  readonly files: string
}): Promise<Program> {
  const { dir, port, tool, files } = options
  const proxy = (to: string) => `reverse_proxy ${to} {
      header_up Authorization "Basic ${credential}"
    }`
  await writeFile(
    join(dir, 'Caddyfile'),
    `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  bind 127.0.0.1
  log {
    output file ${dir}/caddy.log
  }
  handle /big {
    ${proxy(files)}
  }
  handle {
    ${proxy(tool)}
  }
}
`,
  )
  const command = ['caddy', 'run', '--config', join(dir, 'Caddyfile'), '--adapter', 'caddyfile'] as const
  return startProgram({ name: 'Caddy', command: [...command], port, env: { HOME: dir, XDG_DATA_HOME: dir } })
}
