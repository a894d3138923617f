import { type ComponentType, Suspense } from 'react'

import { Broken } from './broken'
import { ContactsPage } from './contacts/page'
import { Menus } from './menu/menus'
import { Top } from './nav'
import { Admins } from './shared/admins'
import { Announcements } from './shared/announce'
import { Banner } from './shared/banner'
import { Boundary } from './shared/boundary'
import { immediately, later, part } from './shared/later'
import { useRoute } from './shared/route'
import { Door } from './shared/signin'

interface Entry {
  name: string
  path: RegExp
  Page: ComponentType
  /** Whether only admins may see it. */
  admin?: true
}

const ChatPage = later(async () => (await import('./chat/page')).ChatPage, immediately)
const Foot = later(async () => (await import('./foot')).Foot, immediately)
const DuplicatesPage = part(async () => (await import('./duplicates/page')).DuplicatesPage)
const ChannelsPage = part(async () => (await import('./channels/page')).ChannelsPage)
const FailuresPage = part(async () => (await import('./failures/page')).FailuresPage)
const AuditPage = part(async () => (await import('./audit/page')).AuditPage)
const KeysPage = part(async () => (await import('./keys/page')).KeysPage)
const ImportPage = part(async () => (await import('./import/page')).ImportPage)
const WebhooksPage = part(async () => (await import('./webhooks/page')).WebhooksPage)
const SettingsPage = part(async () => (await import('./settings/page')).SettingsPage)

// What is not the table of contacts is loaded when it is opened; chat, where staff go next, beside the first rows. web.go has
// the same list of paths.
const pages: Entry[] = [
  { name: 'contacts', path: /^\/staff\/contacts(\/[^/]+)?$/, Page: ContactsPage },
  { name: 'chat', path: /^\/staff\/chat$/, Page: ChatPage },
  { name: 'duplicates', path: /^\/staff\/duplicates$/, Page: DuplicatesPage },
  { name: 'channels', path: /^\/staff\/channels(\/[^/]+)?$/, Page: ChannelsPage, admin: true },
  { name: 'failures', path: /^\/staff\/failures$/, Page: FailuresPage, admin: true },
  { name: 'audit', path: /^\/staff\/audit$/, Page: AuditPage, admin: true },
  { name: 'keys', path: /^\/staff\/keys$/, Page: KeysPage, admin: true },
  { name: 'webhooks', path: /^\/staff\/webhooks$/, Page: WebhooksPage, admin: true },
  { name: 'import', path: /^\/staff\/import$/, Page: ImportPage, admin: true },
  { name: 'settings', path: /^\/staff\/settings$/, Page: SettingsPage, admin: true },
]

/** App is all pages, with the frame that they share. */
export function App() {
  const { path } = useRoute()
  const { name, Page, admin } = pages.find((each) => each.path.test(path)) ?? pages[0]!
  return (
    <Door>
      <Top here={name} />
      <Boundary key={name} fallback={(goOn) => <Broken onGoOn={goOn} />}>
        <Suspense fallback={<main aria-busy />}>
          {admin ? (
            <Admins>
              <Page />
            </Admins>
          ) : (
            <Page />
          )}
        </Suspense>
      </Boundary>
      <div className="foot">
        <Announcements />
        <Suspense>
          <Foot />
        </Suspense>
        <Banner />
      </div>
      <Menus />
    </Door>
  )
}
