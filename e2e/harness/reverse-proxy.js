// The proxies that people put in front of Kith: nginx and Caddy as they are installed, with the configurations of deploy/proxy,
// but for names, ports and the certificate.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { closeAtEnd } from './closing.js'
import { freePort } from './kith-process.js'

// The certificate is made here, so no one vouches for it.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'

const deployed = (name) => readFile(new URL(`../../deploy/proxy/${name}`, import.meta.url), 'utf8')

/** installed is where a program is, or undefined. */
export function installed(program) {
  // Debian keeps nginx where only root looks.
  return [...process.env.PATH.split(delimiter), '/usr/sbin'].map((dir) => join(dir, program)).find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** adapt replaces parts of a configuration, each of which must be there. */
function adapt(text, replacements) {
  for (const [from, to] of replacements) {
    if (!text.includes(from)) {
      throw new Error(`the configuration has no ${from}`)
    }
    text = text.replaceAll(from, to)
  }
  return text
}

/** locations are how a proxy selects Kith: by its host, or by a path that it passes on or strips. */
export const locations = ['host', 'passed on', 'stripped']

// By program: its configuration, and its arguments.
const programs = {
  async nginx({ dir, port, plainPort, kithPort, location }) {
    const site = adapt(await deployed('nginx.conf'), [
      ['listen 80;', `listen 127.0.0.1:${plainPort};`],
      ['listen 443 ssl http2;', `listen 127.0.0.1:${port} ssl http2;`],
      ['    listen [::]:80;\n', ''],
      ['    listen [::]:443 ssl http2;\n', ''],
      ['server_name kith.example.com;', 'server_name 127.0.0.1;'],
      ['https://$host$request_uri', `https://$host:${port}$request_uri`],
      ['/etc/ssl/kith/', `${dir}/`],
      ['server 127.0.0.1:8080;', `server 127.0.0.1:${kithPort};`],
      ...(location === 'host' ? [] : [['location / {', 'location /kith/ {']]),
      ...(location === 'stripped' ? [['proxy_pass http://kith;\n', 'proxy_pass http://kith/;\n']] : []),
    ])
    await writeFile(join(dir, 'site.conf'), site)
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((of) => `${of}_temp_path ${dir}/${of};`)
    const main = `${process.getuid() === 0 ? 'user root;' : ''} worker_processes 1; daemon off; pid ${dir}/pid; error_log stderr;
      events {} http { access_log off; ${temporary.join(' ')} include ${dir}/site.conf; }`
    await writeFile(join(dir, 'nginx.conf'), main)
    return ['-p', dir, '-e', 'stderr', '-c', join(dir, 'nginx.conf')]
  },
  async caddy({ dir, port, kithPort, location }) {
    const site = adapt(await deployed('Caddyfile'), [
      ['\nkith.example.com {\n', `\nhttps://127.0.0.1:${port} {\n\ttls ${dir}/fullchain.pem ${dir}/privkey.pem\n`],
      ['reverse_proxy 127.0.0.1:8080 {', `reverse_proxy 127.0.0.1:${kithPort} {`],
    ])
    const within = { 'passed on': 'handle', stripped: 'handle_path' }[location]
    const below = within ? site.replace(/\n(\treverse_proxy [^]*?\n\t\})\n/, `\n\tredir /kith /kith/\n\t${within} /kith/* {\n$1\n\t}\n`) : site
    const globals = '{\n\tadmin off\n\tauto_https disable_redirects\n}\n'
    await writeFile(join(dir, 'Caddyfile'), globals + below)
    return ['run', '--adapter', 'caddyfile', '--config', join(dir, 'Caddyfile')]
  },
}

/** certify makes a certificate for this machine. */
function certify(dir) {
  const files = ['-keyout', join(dir, 'privkey.pem'), '-out', join(dir, 'fullchain.pem')]
  const what = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  execFileSync('openssl', ['req', '-x509', ...kind, ...files, ...what], { stdio: 'ignore' })
}

/**
 * reserve chooses the addresses of a proxy that is to be in front of a Kith: url is Kith's public URL. start starts the proxy
 * and resolves when Kith answers through it.
 */
export async function reserve(program, location) {
  const [port, plainPort] = [await freePort(), await freePort()]
  const url = `https://127.0.0.1:${port}${location === 'host' ? '' : '/kith'}`
  return { url, plain: `http://127.0.0.1:${plainPort}`, graphql: `${url}/graphql`, start: (kith) => start(program, { kith, url, port, plainPort, location }) }
}

async function start(program, { kith, url, ...where }) {
  const dir = await mkdtemp(join(tmpdir(), 'kith-proxy-'))
  const removed = closeAtEnd(() => rm(dir, { recursive: true, force: true }))
  certify(dir)
  const args = await programs[program]({ dir, kithPort: new URL(kith.url).port, ...where })
  const env = { PATH: process.env.PATH, HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir }
  const child = spawn(installed(program), args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  const runs = () => child.exitCode === null && child.signalCode === null
  const stop = closeAtEnd(async () => {
    if (runs()) {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    }
    await removed()
  })
  for (const deadline = Date.now() + 15_000; Date.now() < deadline && runs(); ) {
    const answer = await fetch(`${url}/livez`).catch(() => undefined)
    if (answer?.ok) {
      return stop
    }
    await pause(25)
  }
  await stop()
  throw new Error(`${program} did not start:\n${output}`)
}
