// A real OpenID Connect provider on this machine, with people whose claims a test may change while it runs.

import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'

import { Provider } from 'oidc-provider'

import { closeAtEnd } from './closing.js'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

/**
 * startProvider serves on a port of 127.0.0.1, under the name host, for one client at publicUrl. ttl is how many seconds
 * access and ID tokens last. With claimsInIdToken people's claims are in the ID token, else only in userinfo.
 * Refresh tokens are good for one use, and have refreshBits of randomness.
 */
export async function startProvider(publicUrl, { host = '127.0.0.1', port = 0, ttl = 300, claimsInIdToken = false, refreshBits = 256 } = {}) {
  const people = {}
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://${host}:${server.address().port}`
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'kith',
        client_secret: 'a secret of the client & more: + %',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: [`${publicUrl}/auth/callback`],
        post_logout_redirect_uris: [`${publicUrl}/auth/signed-out`],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' }] },
    cookies: { keys: ['a key of the provider'] },
    claims: { openid: ['sub'], profile: ['name', 'workspace', 'role', 'hd', 'realm_access'], email: ['email'] },
    conformIdTokenClaims: !claimsInIdToken,
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
    rotateRefreshToken: true,
    formats: { bitsOfOpaqueRandomness: (_, { kind }) => (kind === 'RefreshToken' ? refreshBits : 256) },
    pkce: { required: () => true },
    ttl: {
      AccessToken: ttl, IdToken: ttl, AuthorizationCode: 60, RefreshToken: 3600, Session: 3600, Grant: 3600, Interaction: 600,
    },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      rpInitiatedLogout: {
        logoutSource(ctx, form) {
          ctx.body = page(`${form}<button form="op.logoutForm" name="logout" value="yes">Leave</button>`)
        },
      },
    },
    renderError(ctx, out) {
      ctx.body = page(`<p>${out.error}</p>`)
    },
  })
  const tokens = provider.callback()
  server.on('request', (req, res) => {
    if (!req.url.startsWith('/interaction/')) {
      tokens(req, res)
      return
    }
    interact(provider, req, res).catch((error) => {
      res.statusCode = 500
      res.end(String(error))
    })
  })
  return {
    issuer,
    people,
    port: server.address().port,
    settings: {
      KITH_OIDC_ISSUER: issuer,
      KITH_OIDC_CLIENT_ID: 'kith',
      KITH_OIDC_CLIENT_SECRET: 'a secret of the client & more: + %',
      KITH_OIDC_PARAMS: 'prompt=consent', // this provider gives refresh tokens only then
      KITH_SECRET_KEY: 'a key of thirty-two bytes or more',
    },
    stop: closeAtEnd(async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    }),
  }
}

// interact asks who signs in. That person agrees to everything.
async function interact(provider, req, res) {
  const { prompt, params, session } = await provider.interactionDetails(req, res)
  if (prompt.name === 'consent') {
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id })
    grant.addOIDCScope(params.scope)
    const result = { consent: { grantId: await grant.save() } }
    await provider.interactionFinished(req, res, result, { mergeWithLastSubmission: true })
    return
  }
  if (req.method !== 'POST') {
    res.setHeader('content-type', 'text/html')
    res.end(page(`<form method="post"><input name="login" autofocus>
      <button>Enter</button><button name="cancel" value="1">No</button></form>`))
    return
  }
  let body = ''
  for await (const chunk of req) {
    body += chunk
  }
  const form = new URLSearchParams(body)
  const result = form.has('cancel') ? { error: 'access_denied' } : { login: { accountId: form.get('login') } }
  await provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false })
}

function page(body) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>Provider</title>${body}`
}
