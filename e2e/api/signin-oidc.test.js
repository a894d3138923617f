import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, describe, it } from 'node:test'

import { Jar } from '../harness/cookie-jar.js'
import { startKith, token } from '../harness/kith.js'
import { freePort } from '../harness/kith-process.js'
import { startProvider } from '../harness/openid-provider.js'
import { ask, comeBack, eventually, refresh, session, signIn } from '../harness/signin-steps.js'

const acme = { name: 'Ann Áthas', workspace: 'acme', role: 'staff' }

describe('signing in with OpenID Connect', () => {
  let kith, provider
  before(async () => {
    kith = await startKith(async (url) => {
      provider = await startProvider(url)
      Object.assign(provider.people, {
        ann: acme,
        bea: { ...acme, role: ['guest', 'staff', 'admin'] },
        homeless: { role: 'staff' },
        guest: { workspace: 'acme', role: 'guest' },
        bot: { workspace: 'acme', role: 'channel' },
        torn: { workspace: ['acme', 'globex'], role: 'staff' },
        long: { workspace: 'x'.repeat(129), role: 'staff' },
        plain: { workspace: 'acme' },
      })
      return provider.settings
    })
  })
  after(async () => {
    await kith?.stop()
    await provider?.stop()
  })

  it('leads through the provider and back to the page', async () => {
    const jar = new Jar()
    assert.deepEqual(await session(kith, jar), { mode: 'oidc', signedIn: false, loginUrl: '/auth/login' })

    const begun = await jar.send(`${kith.url}/auth/login?returnTo=/livez%3Fq=a%26b`)
    const asked = new URL(begun.headers.get('location'))
    assert.equal(asked.origin, provider.issuer)
    const { state, nonce, code_challenge, ...rest } = Object.fromEntries(asked.searchParams)
    assert.deepEqual(rest, {
      client_id: 'kith',
      code_challenge_method: 'S256',
      prompt: 'consent',
      redirect_uri: `${kith.url}/auth/callback`,
      response_type: 'code',
      scope: 'openid profile email offline_access',
    })
    for (const text of [state, nonce, code_challenge]) {
      assert.ok(text.length >= 26, text)
    }
    const attempt = begun.headers.getSetCookie()[0]
    assert.match(attempt, /^kith-signin-[A-Z2-7]{8}=[\w-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/)
    assert.equal(begun.headers.get('cache-control'), 'no-store')
    assert.equal(begun.headers.get('referrer-policy'), 'no-referrer')

    const response = await jar.send(await comeBack(kith, jar, 'ann', '/livez?q=a b&c=é'))
    assert.equal(response.status, 303)
    assert.equal(response.headers.get('location'), '/livez?q=a%20b&c=%C3%A9')
    const cookies = response.headers.getSetCookie()
    assert.match(cookies[0], /^kith-signin-[A-Z2-7]{8}=; Path=\/; Max-Age=0; HttpOnly; SameSite=Lax$/)
    assert.match(cookies[1], /^kith=[\w-]+; Path=\/; Max-Age=43\d\d\d; HttpOnly; SameSite=Strict$/)
    assert.ok(!Buffer.from(jar.get('kith'), 'base64url').includes('ann'))

    const { expiresAt, ...status } = await session(kith, jar)
    assert.deepEqual(status, {
      mode: 'oidc',
      signedIn: true,
      name: 'Ann Áthas',
      loginUrl: '/auth/login',
      logoutUrl: '/auth/logout',
      refreshUrl: '/auth/refresh',
    })
    const left = Date.parse(expiresAt) - Date.now()
    assert.ok(left > 200_000 && left <= 300_000, `${left} ms`)
    const { status: code, body } = await ask(kith, jar)
    assert.equal(code, 200)
    assert.deepEqual(body.data.viewer, { subject: 'ann', name: 'Ann Áthas', role: 'STAFF', workspace: 'acme' })
  })

  it('takes the highest of several roles', async () => {
    const { body } = await ask(kith, await signIn(kith, 'bea'))
    assert.equal(body.data.viewer.role, 'ADMIN')
  })

  it('leads back only to paths of Kith', async () => {
    for (const returnTo of [
      'https://evil.example', '//evil.example', '/\\evil.example', '\\\\evil.example', '/\t/evil.example', '/\n/evil.example',
      'javascript:alert(1)', 'evil', ' /staff', `/${'x'.repeat(2000)}`, '/auth/logout', `${kith.url}/staff`, '/%zz',
    ]) {
      const response = await new Jar().send(`${kith.url}/auth/login?returnTo=${encodeURIComponent(returnTo)}`)
      assert.equal(response.status, 400, returnTo)
      assert.equal(response.headers.get('location'), null)
      assert.deepEqual(response.headers.getSetCookie(), [])
    }
  })

  it('takes an answer once, in the browser that asked, for the state it gave', async () => {
    const refused = async (jar, url) => {
      const response = await jar.send(url)
      assert.equal(response.status, 400, url)
      assert.equal(jar.get('kith='), undefined)
      assert.match(await response.text(), /This sign-in has ended/)
      assert.equal((await ask(kith, jar)).status, 401)
    }
    const jar = new Jar()
    const url = new URL(await comeBack(kith, jar, 'ann'))
    const before = jar.copy()
    await refused(new Jar(), url.href)
    const other = new Jar()
    await other.send(`${kith.url}/auth/login`) // an attempt of its own
    await refused(other, url.href)
    const given = url.searchParams.get('state')
    for (const state of ['', 'x', 'A'.repeat(26), given.slice(0, -1) + (given.endsWith('A') ? 'B' : 'A')]) {
      const wrong = new URL(url)
      wrong.searchParams.set('state', state)
      await refused(before.copy(), wrong.href)
    }
    const swapped = before.copy()
    const name = [...before.cookies.keys()].find((each) => each.startsWith('kith-signin-'))
    swapped.set(name, other.get('kith-signin-')) // sealed for another state
    await refused(swapped, url.href)

    assert.equal((await jar.send(url.href)).status, 303)
    assert.equal((await ask(kith, jar)).status, 200)
    assert.equal((await jar.send(url.href)).status, 400) // replayed
    assert.equal((await ask(kith, jar)).status, 200)
    await refused(before, url.href) // replayed with the cookie of the attempt: the code is used up
  })

  it('lets several tabs sign in concurrently, but not without limit', async () => {
    const jar = new Jar()
    const [first, second] = [await comeBack(kith, jar, 'ann', '/livez?1'), await comeBack(kith, jar, 'ann', '/livez?2')]
    assert.equal((await jar.send(first)).headers.get('location'), '/livez?1')
    assert.equal((await jar.send(second)).headers.get('location'), '/livez?2')
    for (let i = 0; i < 20; i++) {
      await jar.send(`${kith.url}/auth/login`)
      assert.ok([...jar.cookies.keys()].filter((name) => name.startsWith('kith-signin-')).length <= 5)
    }
  })

  it('shows who has no access why, and how to sign out', async () => {
    for (const [login, reason] of Object.entries({
      stranger: 'The claim workspace is missing', homeless: 'The claim workspace is missing', plain: 'The claim role is missing',
      guest: 'The claim role must be reader, staff or admin', bot: 'The claim role must be reader, staff or admin',
      torn: 'must name one workspace', long: 'at most 128 bytes',
    })) {
      const jar = new Jar()
      const response = await jar.send(await comeBack(kith, jar, login))
      const page = await response.text()
      assert.equal(response.status, 403, login)
      assert.ok(page.includes(reason), page)
      assert.ok(page.includes('<form method="post" action="/auth/logout">'), page)
      assert.match(response.headers.get('content-security-policy'), /^default-src 'none'/)
      assert.equal(jar.get('kith'), undefined)
      const out = await jar.send(`${kith.url}/auth/logout`, { method: 'POST' })
      assert.ok(out.headers.get('location').startsWith(`${provider.issuer}/session/end?`))
    }
  })

  it('says so when the person does not want to', async () => {
    const jar = new Jar()
    const response = await jar.send(await comeBack(kith, jar, '', '/livez', { cancel: '1' }))
    assert.equal(response.status, 403)
    assert.match(await response.text(), /refused or cancelled/)
  })

  it('takes no cookie that it has not sealed for that very use', async () => {
    const jar = await signIn(kith, 'ann')
    const value = jar.get('kith')
    for (let at = 0; at < value.length; at += 17) {
      jar.set('kith', value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1))
      assert.equal((await ask(kith, jar)).status, 401, `changed at ${at}`)
    }
    await jar.send(`${kith.url}/auth/login`)
    for (const bad of [jar.get('kith-signin-'), '', 'x', value.slice(1), `${value}AAAA`, 'A'.repeat(3000)]) {
      jar.set('kith', bad)
      const { status, body, challenge } = await ask(kith, jar)
      assert.equal(status, 401, bad)
      assert.equal(body.errors[0].extensions.code, 'UNAUTHENTICATED')
      assert.match(challenge, /session not valid/)
      assert.deepEqual(await session(kith, jar), { mode: 'oidc', signedIn: false, loginUrl: '/auth/login' })
      assert.equal((await refresh(kith, jar)).status, 401)
    }
    jar.set('kith', value)
    assert.equal((await ask(kith, jar)).status, 200)
  })

  it('refuses what other pages could send', async () => {
    const jar = await signIn(kith, 'ann')
    const cookie = { cookie: `kith=${jar.get('kith')}` }
    const body = JSON.stringify({ query: '{ viewer { subject } }' })
    const json = { 'content-type': 'application/json' }
    const staff = { ...json, 'x-kith-staff': '1' }
    for (const [name, headers, status] of [
      ['without the header', json, 401],
      ['with another value', { ...json, 'x-kith-staff': 'true' }, 401],
      ['from another site', { ...staff, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403],
      ['from the same site', { ...staff, 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' }, 403],
      ['from another origin, by an old browser', { ...staff, origin: 'http://127.0.0.1:1' }, 403],
      ['from a form', { 'content-type': 'text/plain', 'sec-fetch-site': 'cross-site', origin: 'null' }, 403],
      ['from Kith', { ...staff, 'sec-fetch-site': 'same-origin', origin: kith.url }, 200],
    ]) {
      const response = await fetch(kith.graphql, { method: 'POST', headers: { ...headers, ...cookie }, body })
      assert.equal(response.status, status, name)
    }
    assert.equal((await refresh(kith, jar, {})).status, 403)
    for (const path of ['/auth/refresh', '/auth/logout']) {
      const headers = { 'x-kith-staff': '1', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
      const response = await jar.send(kith.url + path, { method: 'POST', headers })
      assert.equal(response.status, 403, path)
      assert.deepEqual(response.headers.getSetCookie(), [])
    }
    const question = await jar.send(`${kith.url}/auth/logout`)
    assert.match(await question.text(), /<h1>Sign out\?<\/h1>[^]*<form method="post" action="\/auth\/logout">/)
    assert.equal((await ask(kith, jar)).status, 200)
  })

  it('counts an Authorization header before the cookie, and has nothing to check a token with', async () => {
    const jar = await signIn(kith, 'ann')
    const authorization = `Bearer ${token('x'.repeat(32), 'acme', 'admin')}`
    const { status, challenge } = await ask(kith, jar, { headers: { authorization } })
    assert.equal(status, 401)
    assert.match(challenge, /takes API keys, but no tokens/)
    const none = { alg: 'HS256', typ: 'JWT' }
    const claims = { sub: 'eve', workspace: 'acme', role: 'admin', exp: 9_999_999_999 }
    const text = [none, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    const forged = `${text}.${createHmac('sha256', '').update(text).digest('base64url')}`
    assert.equal((await ask(kith, new Jar(), { headers: { authorization: `Bearer ${forged}` } })).status, 401)
  })

  it('signs out here and at the provider', async () => {
    const jar = await signIn(kith, 'ann')
    const before = jar.copy()
    const accept = 'application/json'
    const script = await before.copy().send(`${kith.url}/auth/logout`, { method: 'POST', headers: { accept } })
    const { location } = await script.json()
    assert.equal(script.status, 200)

    const response = await jar.send(`${kith.url}/auth/logout`, { method: 'POST' })
    assert.equal(response.status, 303)
    assert.match(response.headers.getSetCookie()[0], /^kith=; Path=\/; Max-Age=0; HttpOnly; SameSite=Strict$/)
    const to = new URL(response.headers.get('location'))
    assert.equal(to.href, location)
    assert.equal(to.origin, provider.issuer)
    assert.deepEqual(Object.fromEntries(to.searchParams), {
      client_id: 'kith',
      post_logout_redirect_uri: `${kith.url}/auth/signed-out`,
    })
    assert.equal((await session(kith, jar)).signedIn, false)
    assert.equal((await ask(kith, jar)).status, 401)

    const { response: asked, url } = await jar.follow(to.href)
    const page = await asked.text()
    const form = new URLSearchParams({ logout: 'yes', xsrf: page.match(/name="xsrf" value="([^"]+)"/)[1] })
    const left = await jar.send(new URL(page.match(/action="([^"]+)"/)[1], url).href, { method: 'POST', body: form })
    const end = await jar.follow(left.headers.get('location'))
    assert.equal(end.url, `${kith.url}/auth/signed-out`)
    assert.match(await end.response.text(), /You are signed out/)
    assert.equal((await refresh(kith, before)).status, 401) // its refresh token is given up
  })

  it('logs nothing that lets somebody in, and nobody by name', async () => {
    const jar = await signIn(kith, 'ann')
    const url = new URL(await comeBack(kith, new Jar(), 'stranger'))
    await jar.send(url.href)
    const log = kith.output()
    for (const secret of [
      jar.get('kith'), url.searchParams.get('code'), url.searchParams.get('state'), 'Áthas', 'stranger', 'homeless',
      provider.settings.KITH_SECRET_KEY, 'secret of the client',
    ]) {
      assert.ok(!log.includes(secret), `${secret} in:\n${log}`)
    }
  })

  it('answers on its paths as the methods say', async () => {
    for (const [method, path, status] of [
      ['POST', '/auth/login', 405], ['POST', '/auth/callback', 405], ['GET', '/auth/refresh', 405],
      ['PUT', '/auth/session', 405], ['GET', '/auth/nothing', 404],
      ['GET', '/auth/callback', 400], ['GET', '/auth/signed-out', 200], ['GET', '/auth/page.css', 200],
    ]) {
      assert.equal((await fetch(kith.url + path, { method })).status, status, `${method} ${path}`)
    }
  })

  it('is ready before the provider is, and as soon as it is', async () => {
    const port = await freePort()
    const away = await startKith((url) => ({
      ...provider.settings, KITH_OIDC_ISSUER: `http://127.0.0.1:${port}`, KITH_PUBLIC_URL: url,
    }))
    let late
    try {
      const response = await fetch(`${away.url}/auth/login`)
      assert.equal(response.status, 503)
      assert.equal(response.headers.get('retry-after'), '5')
      assert.match(await response.text(), /cannot be reached/)
      assert.equal((await session(away, new Jar())).signedIn, false)
      late = await startProvider(away.url, { port })
      late.people.ann = acme
      await eventually(async () => (await new Jar().send(`${away.url}/auth/login`)).status === 303, 'the provider is not found')
      assert.equal((await ask(away, await signIn(away, 'ann'))).status, 200)
    } finally {
      await away.stop()
      await late?.stop()
    }
  })
})
