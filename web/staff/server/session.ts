// Who is signed in, and how. With OpenID Connect a cookie says it, which no script sees; with tokens alone the person
// gives one, kept in memory and forgotten on reload; in development everybody on this machine is somebody.

import { Store } from '../shared/store'
import { base } from './base'
import { again } from './connection'

/** Session is what the server says of the person in front of the page. */
export interface Session {
  mode: 'development' | 'oidc' | 'bearer'
  signedIn: boolean
  name?: string
  loginUrl?: string
  logoutUrl?: string
  /** Where the cookie is renewed, when it can be. */
  refreshUrl?: string
  /** Where the playground is, when there is one. */
  playgroundUrl?: string
  /** When the cookie ends unless it is renewed, RFC 3339. */
  expiresAt?: string
}

/** session is undefined until the server has said who we are. */
export const session = new Store<Session | undefined>(undefined)

let token = ''

/**
 * headers go with each request: the token when there is one, and the mark by which a request of ours is told from a
 * forged one.
 */
export function headers(): Record<string, string> {
  return token === '' ? { 'X-Kith-Staff': '1' } : { 'X-Kith-Staff': '1', authorization: `Bearer ${token}` }
}

/** authorization is the same for the live connection, whose handshake takes no headers from a page. */
export function authorization(): Record<string, string> {
  return token === '' ? {} : { authorization: `Bearer ${token}` }
}

/** takeToken replaces the token. */
export function takeToken(value: string): void {
  token = value.trim().replace(/^bearer\s+/i, '')
}

/** signedIn notes that the server has taken the token. */
export function signedIn(name: string | undefined): void {
  const known = session.get()
  if (known) {
    session.set({ ...known, signedIn: true, name })
    again()
  }
}

/** loadSession asks who we are. It throws when the server does not answer. */
export async function loadSession(): Promise<void> {
  const response = await fetch(`${base}/auth/session`, { headers: headers(), signal: AbortSignal.timeout(10_000) })
  if (response.status === 404) {
    session.set({ mode: 'development', signedIn: true })
    return
  }
  if (!response.ok) {
    throw new Error(`/auth/session: ${response.status}`)
  }
  accept((await response.json()) as Session)
}

function accept(next: Session): void {
  // A token is known to this page alone.
  const keep = next.mode === 'bearer' && token !== '' ? session.get() : undefined
  const back = session.get()?.signedIn === false && next.signedIn
  session.set(keep ?? next)
  renewInTime(next)
  if (back) {
    again()
  }
}

let renewal: ReturnType<typeof setTimeout> | undefined

function renewInTime({ refreshUrl, signedIn, expiresAt }: Session): void {
  clearTimeout(renewal)
  if (refreshUrl && signedIn && expiresAt) {
    const left = Date.parse(expiresAt) - Date.now()
    // A quarter before the end, and never in a hurry. Timers hold at most 2³¹ ms.
    renewal = setTimeout(() => void refused(), Math.min(Math.max(left * 0.75, 5_000), 2 ** 31 - 1))
  }
}

let renewing: Promise<boolean> | undefined

/** renew asks for a fresh cookie without a word to the person; false when they have to sign in again. */
export function renew(): Promise<boolean> {
  renewing ??= (async () => {
    try {
      const response = await fetch(session.get()?.refreshUrl ?? `${base}/auth/refresh`, {
        method: 'POST',
        headers: headers(),
        signal: AbortSignal.timeout(10_000),
      })
      if (response.ok) {
        accept((await response.json()) as Session)
      }
      return response.status !== 401
    } catch {
      return true // out of reach is not signed out
    } finally {
      renewing = undefined
    }
  })()
  return renewing
}

/** signOut ends the session here and at the provider. */
export async function signOut(): Promise<void> {
  const { logoutUrl } = session.get() ?? {}
  if (logoutUrl) {
    const response = await fetch(logoutUrl, { method: 'POST', headers: { ...headers(), accept: 'application/json' } })
    const { location: next } = (await response.json()) as { location: string }
    location.assign(next)
  } else {
    token = ''
    location.reload()
  }
}

/** refused is called when the server no longer knows us: renews what can be renewed, else asks to sign in. */
export async function refused(): Promise<void> {
  const known = session.get()
  if (!known?.signedIn || (known.mode === 'oidc' && (await renew()))) {
    return
  }
  token = ''
  session.set({ ...known, signedIn: false })
}
