// The steps of signing in, as a browser takes them.

import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'

import { Jar } from './cookie-jar.js'

/** ask sends a query as the staff pages do. */
export async function ask(kith, jar, { query = '{ viewer { subject name role workspace } }', ...options } = {}) {
  const headers = { 'content-type': 'application/json', 'x-kith-staff': '1', ...options.headers }
  const response = await jar.send(kith.graphql, { method: 'POST', headers, body: JSON.stringify({ query }) })
  return { status: response.status, body: await response.json(), challenge: response.headers.get('www-authenticate') }
}

/** session is what Kith says of who is signed in. */
export async function session(kith, jar) {
  const response = await jar.send(`${kith.url}/auth/session`)
  assert.equal(response.status, 200)
  return response.json()
}

/** refresh asks for a new cookie. */
export const refresh = (kith, jar, headers = { 'x-kith-staff': '1' }) =>
  jar.send(`${kith.url}/auth/refresh`, { method: 'POST', headers })

/** comeBack signs in at the provider and returns the URL that leads back to Kith. */
export async function comeBack(kith, jar, login, returnTo = '/livez', button) {
  const isBack = (url) => url.startsWith(`${kith.url}/auth/callback`)
  const begun = await jar.follow(`${kith.url}/auth/login?returnTo=${encodeURIComponent(returnTo)}`, isBack)
  if (!begun.response) {
    return begun.url // the provider knew who it was
  }
  assert.equal(begun.response.status, 200, await begun.response.text())
  const answered = await jar.send(begun.url, { method: 'POST', body: new URLSearchParams(button ?? { login }) })
  const { url } = await jar.follow(new URL(answered.headers.get('location'), begun.url).href, isBack)
  assert.ok(isBack(url), url)
  return url
}

/** signIn goes all the way, and returns the browser's cookies. */
export async function signIn(kith, login, returnTo = '/livez') {
  const jar = new Jar()
  const response = await jar.send(await comeBack(kith, jar, login, returnTo))
  assert.equal(response.status, 303, await response.text())
  assert.equal(response.headers.get('location'), returnTo)
  return jar
}

/** eventually waits until what holds. */
export async function eventually(what, text) {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; ) {
    if (await what()) {
      return
    }
    await pause(50)
  }
  assert.fail(text)
}
