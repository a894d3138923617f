// A browser's cookies and redirects, for tests that look at each step.

import assert from 'node:assert/strict'

/** Jar is one browser: all of it lives on 127.0.0.1 or localhost, whatever the port. */
export class Jar {
  constructor() {
    this.cookies = new Map()
  }

  /** copy is another browser with the same cookies. */
  copy() {
    const other = new Jar()
    other.cookies = new Map(this.cookies)
    return other
  }

  /** get is the value of a cookie by the beginning of its name. */
  get(prefix) {
    return [...this.cookies.values()].find((cookie) => cookie.name.startsWith(prefix))?.value
  }

  /** set replaces the value of a cookie. */
  set(name, value) {
    this.cookies.set(name, { name, value, path: '/' })
  }

  /** send makes one request and keeps the cookies of its answer. It follows no redirect. */
  async send(url, { headers, ...options } = {}) {
    const { pathname } = new URL(url)
    const cookie = [...this.cookies.values()]
      .filter(({ path }) => pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
    const response = await fetch(url, { redirect: 'manual', ...options, headers: { ...headers, ...(cookie && { cookie }) } })
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split('; ')
      const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
      const of = (key) => attributes.find((a) => a.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1)
      const gone = Number(of('max-age') ?? 1) <= 0 || Date.parse(of('expires') ?? '9999-01-01') < Date.now()
      if (gone) {
        this.cookies.delete(name)
      } else {
        this.cookies.set(name, { name, value, path: of('path') ?? '/' })
      }
    }
    return response
  }

  /** follow goes where redirects lead, until one leads to a URL that stop accepts, which is returned, or the end. */
  async follow(url, stop = () => false) {
    for (let step = 0; step < 12; step++) {
      if (stop(url)) {
        return { url }
      }
      const response = await this.send(url)
      if (response.status < 300 || response.status > 399) {
        return { url, response }
      }
      url = new URL(response.headers.get('location'), url).href
    }
    return assert.fail(`redirected without end: ${url}`)
  }
}
