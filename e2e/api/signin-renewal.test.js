import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { Jar } from '../harness/cookie-jar.js'
import { startKith, token } from '../harness/kith.js'
import { startProvider } from '../harness/openid-provider.js'
import { ask, comeBack, eventually, refresh, session, signIn } from '../harness/signin-steps.js'

const acme = { name: 'Ann', workspace: 'acme', role: 'staff' }

// withKith runs a test against a Kith and a provider of its own.
async function withKith(settings, options, test) {
  let provider
  const kith = await startKith(async (url) => {
    provider = await startProvider(url, options)
    provider.people.ann = { ...acme }
    return { ...provider.settings, ...settings }
  })
  try {
    await test(kith, provider)
  } finally {
    await kith.stop()
    await provider.stop()
  }
}

const codes = (responses) => responses.map((response) => response.status)

describe('staying signed in', () => {
  it('renews with a single-use refresh token, for all tabs together', () =>
    withKith({}, {}, async (kith) => {
      const jar = await signIn(kith, 'ann')
      const before = jar.copy()
      const tabs = Array.from({ length: 8 }, () => jar.copy())
      assert.deepEqual(codes(await Promise.all(tabs.map((tab) => refresh(kith, tab)))), Array(8).fill(200))
      const late = before.copy() // a tab that was closed before it heard
      assert.equal((await refresh(kith, late)).status, 200)
      // All have what one renewal gave, so that each can renew again.
      for (const tab of [tabs[0], late]) {
        assert.notEqual(tab.get('kith'), before.get('kith'))
        assert.equal((await ask(kith, tab)).status, 200)
        assert.equal((await refresh(kith, tab)).status, 200)
        assert.equal((await ask(kith, tab)).status, 200)
      }
    }))

  it('moves the end, and renews when a page opens after it', () =>
    withKith({}, { ttl: 2 }, async (kith) => {
      const jar = await signIn(kith, 'ann')
      const { expiresAt } = await session(kith, jar)
      await eventually(async () => (await ask(kith, jar)).status === 401, 'the session does not end')
      const { body, challenge } = await ask(kith, jar)
      assert.equal(body.errors[0].extensions.code, 'UNAUTHENTICATED')
      assert.match(challenge, /session expired/)
      const renewed = await session(kith, jar)
      assert.equal(renewed.signedIn, true)
      assert.ok(Date.parse(renewed.expiresAt) > Date.parse(expiresAt))
      assert.equal((await ask(kith, jar)).status, 200)
      await eventually(async () => (await ask(kith, jar)).status === 401, 'the session does not end')
      const response = await refresh(kith, jar)
      assert.equal(response.status, 200)
      assert.equal((await response.json()).signedIn, true)
      assert.equal((await ask(kith, jar)).status, 200)
    }))

  it('follows a change of role, and ends where access does', () =>
    withKith({}, { claimsInIdToken: true }, async (kith, provider) => {
      const jar = await signIn(kith, 'ann')
      provider.people.ann.role = 'admin'
      assert.equal((await refresh(kith, jar)).status, 200)
      assert.equal((await ask(kith, jar)).body.data.viewer.role, 'ADMIN')
      provider.people.ann.role = 'guest'
      const response = await refresh(kith, jar)
      assert.equal(response.status, 401)
      assert.equal(jar.get('kith'), undefined)
    }))

  it('ends with the tokens when the provider gives none to renew with', () =>
    withKith({ KITH_OIDC_PARAMS: '', KITH_OIDC_SCOPES: 'openid profile' }, { ttl: 2 }, async (kith) => {
      const jar = await signIn(kith, 'ann')
      const status = await session(kith, jar)
      assert.equal(status.refreshUrl, undefined)
      assert.equal((await refresh(kith, jar)).status, 200) // still good
      const kept = jar.copy()
      await eventually(async () => (await ask(kith, kept)).status === 401, 'the session does not end')
      assert.equal((await refresh(kith, kept)).status, 401)
      assert.deepEqual(await session(kith, kept), { mode: 'oidc', signedIn: false, loginUrl: '/auth/login' })
    }))

  it('stays while the provider is away, and says that it cannot renew', () =>
    withKith({}, {}, async (kith, provider) => {
      const jar = await signIn(kith, 'ann')
      const { port, people } = provider
      await provider.stop()
      const response = await refresh(kith, jar)
      assert.equal(response.status, 503)
      assert.equal(response.headers.get('retry-after'), '5')
      assert.equal((await ask(kith, jar)).status, 200)
      const back = await startProvider(kith.url, { port })
      Object.assign(provider, back)
      Object.assign(back.people, people)
      assert.equal((await refresh(kith, jar)).status, 401) // it has forgotten everybody
      assert.equal((await ask(kith, jar)).status, 200)
      assert.equal((await ask(kith, await signIn(kith, 'ann'))).status, 200)
    }))

  it('opens with the keys before, and not with others', () =>
    withKith({}, {}, async (kith, provider) => {
      const jar = await signIn(kith, 'ann')
      const old = provider.settings.KITH_SECRET_KEY
      const fresh = 'another key of more than thirty-two bytes'
      for (const [key, status] of [[`${fresh}, ${old}`, 200], [fresh, 401]]) {
        const next = await startKith({ ...provider.settings, KITH_SECRET_KEY: key, KITH_PUBLIC_URL: kith.url })
        try {
          assert.equal((await ask(next, jar)).status, status)
        } finally {
          await next.stop()
        }
      }
    }))

  it('takes bearer tokens as well, where they are set up', () => {
    const secret = 'a secret of at least thirty-two bytes'
    return withKith({ KITH_AUTH_SECRET: secret }, {}, async (kith) => {
      const authorization = `Bearer ${token(secret, 'globex', 'admin')}`
      const jar = await signIn(kith, 'ann')
      assert.equal((await ask(kith, jar)).body.data.viewer.workspace, 'acme')
      for (const each of [jar, new Jar()]) {
        assert.equal((await ask(kith, each, { headers: { authorization } })).body.data.viewer.workspace, 'globex')
      }
      assert.equal((await ask(kith, new Jar())).status, 401)
    })
  })

  it('reads claims below others, and settings where a claim is missing', () =>
    withKith(
      { KITH_OIDC_ROLE_CLAIM: 'realm_access.roles', KITH_OIDC_WORKSPACE_CLAIM: 'org', KITH_OIDC_WORKSPACE: 'globex' },
      { claimsInIdToken: true },
      async (kith, provider) => {
        provider.people.ann = { realm_access: { roles: ['offline_access', 'staff'] }, email: 'ann@example.com' }
        const { viewer } = (await ask(kith, await signIn(kith, 'ann'))).body.data
        assert.deepEqual(viewer, { subject: 'ann', name: 'ann@example.com', role: 'STAFF', workspace: 'globex' })
        const jar = new Jar()
        assert.equal((await jar.send(await comeBack(kith, jar, 'nobody'))).status, 403)
      },
    ))

  for (const claimsInIdToken of [true, false]) {
    it(`admits people with the required claims, from ${claimsInIdToken ? 'the ID token' : 'userinfo'}`, () =>
      withKith(
        {
          KITH_OIDC_WORKSPACE: 'acme', KITH_OIDC_ROLE: 'admin',
          KITH_OIDC_REQUIRE: 'hd=example.com, realm_access.groups=support, realm_access.groups=on call',
        },
        { claimsInIdToken },
        async (kith, provider) => {
          const colleague = { name: 'Ann', hd: 'example.com', realm_access: { groups: ['sales', 'on call'] } }
          Object.assign(provider.people, {
            ann: colleague,
            bob: { ...colleague, hd: 'example.org' },
            cat: { ...colleague, realm_access: { groups: ['sales'] } },
            dan: { ...colleague, hd: undefined, workspace: 'acme', role: 'admin' },
          })
          const jar = await signIn(kith, 'ann')
          assert.equal((await ask(kith, jar)).body.data.viewer.role, 'ADMIN')
          for (const [login, claim] of Object.entries({ bob: 'hd', cat: 'realm_access.groups', dan: 'hd', nobody: 'hd' })) {
            const other = new Jar()
            const response = await other.send(await comeBack(kith, other, login))
            assert.equal(response.status, 403, login)
            assert.ok((await response.text()).includes(`The claim ${claim} does not have a value that is let in here.`), login)
            assert.equal(other.get('kith'), undefined)
          }
          provider.people.ann = { ...colleague, realm_access: { groups: [] } } // moved to another team
          assert.equal((await refresh(kith, jar)).status, 401)
        },
      ))
  }

  it('marks its cookies for https', () =>
    withKith({ KITH_PUBLIC_URL: 'https://kith.example.com' }, {}, async (kith) => {
      const response = await fetch(`${kith.url}/auth/login`, { redirect: 'manual' })
      assert.match(
        response.headers.getSetCookie()[0],
        /^__Host-kith-signin-[A-Z2-7]{8}=[\w-]+; Path=\/; Max-Age=600; HttpOnly; Secure; SameSite=Lax$/,
      )
      const to = new URL(response.headers.get('location'))
      assert.equal(to.searchParams.get('redirect_uri'), 'https://kith.example.com/auth/callback')
    }))
})

describe('/auth/session without a provider', () => {
  it('says that everybody is somebody on a developer\'s machine', async () => {
    const kith = await startKith()
    try {
      assert.deepEqual(await session(kith, new Jar()), {
        mode: 'development',
        signedIn: true,
        name: 'Development',
        playgroundUrl: '/playground',
      })
      assert.equal((await fetch(`${kith.url}/auth/login`)).status, 404)
    } finally {
      await kith.stop()
    }
  })

  it('asks for a token where only tokens count', async () => {
    const secret = 'a secret of at least thirty-two bytes'
    const kith = await startKith({ KITH_AUTH_SECRET: secret })
    try {
      assert.deepEqual(await session(kith, new Jar()), { mode: 'bearer', signedIn: false })
      const headers = { authorization: `Bearer ${token(secret, 'acme', 'staff')}` }
      const status = await (await fetch(`${kith.url}/auth/session`, { headers })).json()
      assert.equal(status.signedIn, true)
      assert.ok(Date.parse(status.expiresAt) > Date.now())
    } finally {
      await kith.stop()
    }
  })
})
