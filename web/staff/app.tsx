import { type ComponentType, Suspense } from 'react'

import { Broken } from './broken'
import { ChatPage } from './chat/page'
import { ContactsPage } from './contacts/page'
import { Undo } from './contacts/undo'
import { Announcements } from './shared/announce'
import { Banner } from './shared/banner'
import { Boundary } from './shared/boundary'
import { Link, useRoute } from './shared/route'
import { session, signOut } from './server/session'
import { Door } from './shared/signin'
import { useStore } from './shared/store'
import { t } from './texts/texts'
import { Unsaved } from './unsaved'

// Everything but the two pages that staff live in is loaded when it is opened. web.go has the same list of paths.
const pages: { name: string; path: RegExp; Page: ComponentType }[] = [
  { name: 'contacts', path: /^\/staff\/contacts(\/[^/]+)?$/, Page: ContactsPage },
  { name: 'chat', path: /^\/staff\/chat$/, Page: ChatPage },
]

/** App is all pages, with the frame that they share. */
export function App() {
  const { path } = useRoute()
  const { name, Page } = pages.find((each) => each.path.test(path)) ?? pages[0]!
  const here = (page: string) => (page === name ? 'page' : undefined)
  return (
    <Door>
      <header className="top">
        <nav aria-label={t.app.pages}>
          <span className="brand">Kith</span>
          <Link href="/staff/contacts" aria-current={here('contacts')}>
            {t.app.contacts}
          </Link>
          <Link href="/staff/chat" aria-current={here('chat')}>
            {t.app.chat}
          </Link>
        </nav>
        <Unsaved />
        <Who />
      </header>
      <Boundary key={name} fallback={(goOn) => <Broken onGoOn={goOn} />}>
        <Suspense fallback={<main aria-busy />}>
          <Page />
        </Suspense>
      </Boundary>
      <div className="foot">
        <Announcements />
        <Undo />
        <Banner />
      </div>
    </Door>
  )
}

function Who() {
  const known = useStore(session)
  if (!known) {
    return null
  }
  return (
    <div className="who">
      {known.mode !== 'development' && known.name && <bdi>{known.name}</bdi>}
      {known.mode === 'development' && <a href="/playground">{t.app.playground}</a>}
      {known.mode !== 'development' && (
        <button type="button" className="link" onClick={() => void signOut()}>
          {t.app.signOut}
        </button>
      )}
    </div>
  )
}
