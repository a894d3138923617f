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
import { Unsaved } from './unsaved'

/** App is both pages, with the frame that they share. */
export function App() {
  const { path } = useRoute()
  const chat = path === '/staff/chat'
  return (
    <Door>
      <header className="top">
        <nav aria-label="Pages">
          <span className="brand">Kith</span>
          <Link href="/staff/contacts" aria-current={chat ? undefined : 'page'}>
            Contacts
          </Link>
          <Link href="/staff/chat" aria-current={chat ? 'page' : undefined}>
            Chat
          </Link>
        </nav>
        <Unsaved />
        <Who />
      </header>
      <Boundary key={path} fallback={(goOn) => <Broken onGoOn={goOn} />}>
        {chat ? <ChatPage /> : <ContactsPage />}
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
      {known.mode === 'development' && <a href="/playground">Playground</a>}
      {known.mode !== 'development' && (
        <button type="button" className="link" onClick={() => void signOut()}>
          Sign out
        </button>
      )}
    </div>
  )
}
