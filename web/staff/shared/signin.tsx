import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'

import { ViewerDocument } from '../generated/graphql'
import { base } from '../server/base'
import { query, Unreachable } from '../server/client'
import { connection, look, lost, onReturn } from '../server/connection'
import { loadSession, type Session, session, signedIn, takeToken } from '../server/session'
import { t } from '../texts/texts'
import { useStore } from './store'

/** Door shows its children to people who are signed in, and asks others to sign in. */
export function Door({ children }: { children: ReactNode }) {
  const known = useStore(session)
  const { trouble, trying } = useStore(connection)
  const [entered, setEntered] = useState(false)
  if (known?.signedIn && !entered) {
    setEntered(true)
  }

  useEffect(() => {
    const load = () => session.get() === undefined && loadSession().catch(() => lost())
    void load()
    return onReturn(() => void load())
  }, [])

  if (known === undefined) {
    return trouble === undefined ? null : (
      <main className="door">
        <h1>Kith</h1>
        <p role="alert">{t.outage.away}</p>
        <button type="button" disabled={trying} onClick={() => void look()}>
          {trying ? t.outage.trying : t.outage.again}
        </button>
      </main>
    )
  }
  // Signed out in the middle of something: it stays behind the door, as it was.
  return (
    <>
      {(known.signedIn || entered) && (
        <div className="inside" inert={!known.signedIn}>
          {children}
        </div>
      )}
      {!known.signedIn && <SignIn known={known} over={entered} />}
    </>
  )
}

function SignIn({ known, over }: { known: Session; over: boolean }) {
  const inside = (
    <>
      <h1 id="sign-in">{over ? t.signin.over : t.signin.title}</h1>
      {known.mode === 'bearer' ? <TokenForm /> : <Login known={known} aside={over} />}
    </>
  )
  return over ? (
    <div className="door" data-over role="dialog" aria-modal aria-labelledby="sign-in">
      {inside}
    </div>
  ) : (
    <main className="door">{inside}</main>
  )
}

// Login leads to the provider; in the middle of work it opens a new tab, so that nothing typed is lost.
function Login({ known, aside }: { known: Session; aside: boolean }) {
  const link = useRef<HTMLAnchorElement>(null)
  useEffect(() => {
    if (aside) {
      link.current?.focus()
    }
  }, [aside])
  useEffect(() => {
    const look = () => void loadSession().catch(() => {}) // the next look may find it
    if (aside) {
      addEventListener('focus', look)
    }
    return () => removeEventListener('focus', look)
  }, [aside])
  const back = encodeURIComponent(location.pathname + location.search)
  return (
    <p>
      <a
        className="button"
        ref={link}
        href={`${known.loginUrl ?? `${base}/auth/login`}?returnTo=${back}`}
        {...(aside && { target: '_blank', rel: 'noreferrer' })}
      >
        {t.signin.signIn}
      </a>
    </p>
  )
}

function TokenForm() {
  const [problem, setProblem] = useState('')
  const [busy, setBusy] = useState(false)

  async function enter(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const input = event.currentTarget.elements.namedItem('token') as HTMLInputElement
    setBusy(true)
    setProblem('')
    takeToken(input.value)
    try {
      const { viewer } = await query(ViewerDocument, {})
      if (viewer.role === 'CHANNEL') {
        throw new Error(t.signin.forChannel)
      }
      signedIn(`${viewer.name ?? viewer.subject}, ${viewer.workspace}`)
    } catch (error) {
      takeToken('')
      setProblem(error instanceof Unreachable ? t.outage.away : (error as Error).message)
    }
    setBusy(false)
  }

  return (
    <form onSubmit={(event) => void enter(event)}>
      <label htmlFor="token">{t.signin.token}</label>
      <input
        id="token"
        name="token"
        type="password"
        required
        autoFocus
        autoComplete="off"
        spellCheck={false}
        aria-describedby="token-hint token-problem"
        aria-invalid={problem !== '' || undefined}
      />
      <p id="token-hint" className="hint">
        {t.signin.tokenHint[0]}
        <code>kith token</code>
        {t.signin.tokenHint[1]}
      </p>
      <p id="token-problem" className="problem" role="alert">
        {problem}
      </p>
      <button type="submit" className="primary" disabled={busy}>
        {t.signin.signIn}
      </button>
    </form>
  )
}
