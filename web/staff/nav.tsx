// The head of all pages: where one can go.

import { type ReactNode, useEffect } from 'react'

import { openMenu } from './menu/opened'
import { base } from './server/base'
import { session, signOut } from './server/session'
import { useMay } from './server/viewer'
import { useDisclosure } from './shared/disclosure'
import { ChevronIcon, SearchIcon } from './shared/icons'
import { narrow, useMedia } from './shared/media'
import { Link, useRoute } from './shared/route'
import { useStore } from './shared/store'
import { t } from './texts/texts'
import { Unsaved } from './unsaved'

/** PageName is the name of a page that has a link. */
export type PageName = 'contacts' | 'chat' | 'duplicates' | 'channels' | 'failures' | 'audit' | 'keys' | 'webhooks' | 'import' | 'settings'

/** everybodysPages and adminPages are the pages with links, in order. */
export const everybodysPages: readonly PageName[] = ['contacts', 'chat', 'duplicates']
export const adminPages: readonly PageName[] = ['channels', 'failures', 'audit', 'keys', 'webhooks', 'import', 'settings']

/** Top has the links to the pages; here is the one that is shown. */
export function Top({ here }: { here: string }) {
  const { administer } = useMay()
  const small = useMedia(narrow)
  const link = (page: PageName) => (
    <Link href={`/staff/${page}`} aria-current={page === here ? 'page' : undefined}>
      {t.app[page]}
    </Link>
  )
  const inMenu = administer ? adminPages : []
  return (
    <header className="top">
      <nav aria-label={t.app.pages}>
        <span className="brand">Kith</span>
        {everybodysPages.map((page) => (
          <span key={page}>{link(page)}</span>
        ))}
        {(administer || small) && (
          <Further name={small ? t.app.further : t.app.admin} here={inMenu.some((page) => page === here)}>
            {inMenu.map((page) => (
              <li key={page}>{link(page)}</li>
            ))}
            {small && <Who item="li" />}
          </Further>
        )}
      </nav>
      <Unsaved />
      <button type="button" className="quiet go" aria-keyshortcuts="Control+K Meta+K" onClick={openMenu}>
        <SearchIcon />
        <span className="unseen">{t.app.openMenu}</span>
        <kbd aria-hidden>{apple ? '⌘K' : t.app.controlK}</kbd>
      </button>
      {!small && (
        <div className="who">
          <Who item="span" />
        </div>
      )}
    </header>
  )
}

const apple = /Mac|iP(hone|ad)/.test(navigator.platform)

function Further({ name, here, children }: { name: string; here: boolean; children: ReactNode }) {
  const { open, setOpen, box, button, onKeyDown } = useDisclosure<HTMLDivElement>()
  const { path } = useRoute()
  useEffect(() => setOpen(false), [path])
  return (
    <div
      className="further"
      ref={box}
      onKeyDown={onKeyDown}
      onBlur={({ currentTarget, relatedTarget }) => {
        if (relatedTarget && !currentTarget.contains(relatedTarget)) {
          setOpen(false)
        }
      }}
    >
      <button
        ref={button}
        type="button"
        data-here={here || undefined}
        aria-expanded={open}
        aria-controls={open ? 'further' : undefined}
        onClick={() => setOpen(!open)}
      >
        {name} <ChevronIcon />
      </button>
      {open && <ul id="further">{children}</ul>}
    </div>
  )
}

function Who({ item: Item }: { item: 'li' | 'span' }) {
  const known = useStore(session)
  if (!known) {
    return null
  }
  if (known.mode === 'development') {
    return (
      <Item>
        <a href={`${base}/playground`}>{t.app.playground}</a>
      </Item>
    )
  }
  return (
    <>
      {known.name && (
        <Item className="me">
          <bdi>{known.name}</bdi>
        </Item>
      )}
      <Item>
        <button type="button" className="link" onClick={() => void signOut()}>
          {t.app.signOut}
        </button>
      </Item>
    </>
  )
}
