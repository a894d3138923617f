import { type KeyboardEvent, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react'

import { besideSession } from '../contact/place'
import {
  SessionCountsDocument,
  type SessionCountsQuery,
  SessionEventsDocument,
  type SessionRowFragment,
} from '../generated/graphql'
import { useRows } from '../list/rows'
import { follow, query } from '../server/client'
import { onReturn } from '../server/connection'
import { isMine } from '../server/echoes'
import { Failure, useSlow } from '../shared/waiting'
import { later } from '../shared/later'
import { narrow, useMedia, useRem } from '../shared/media'
import { go, useRoute } from '../shared/route'
import { soon } from '../shared/soon'
import { useStore } from '../shared/store'
import { number } from '../shared/time'
import { t } from '../texts/texts'
import { asked, chatAddress, type Filter, filterOf } from './filter'
import { Filters } from './filters'
import { type Sessions, sessionsOf } from './lists'
import { Opened } from './opened'
import { Bars, SessionRow } from './row'
import '../style/chat.css'

const ContactPanel = later(async () => (await import('../contact/panel')).ContactPanel)

/** ChatPage is the list of sessions, the newest last message first, and the head of the one that is opened. */
export function ChatPage() {
  const { params } = useRoute()
  const filter = filterOf(params)

  const wanted = sessionsOf(asked(filter))
  const { ready, failure } = useStore(wanted.stretch)
  const [shown, setShown] = useState(wanted)
  if (ready && shown !== wanted) {
    setShown(wanted)
  }
  const list = ready ? wanted : shown
  const slow = useSlow(!ready)
  const chosen = params.get('session') ?? ''
  const newest = useNewest(filter.contact, wanted)
  const opened = chosen || newest
  const [session, setSession] = useState<SessionRowFragment>()
  const roomy = useMedia(besideSession)
  const contact = opened !== '' && session?.id === opened ? session.contact?.id : undefined
  useEffect(() => {
    void (wanted.stretch.get().ready ? wanted.refresh() : wanted.load())
    return () => wanted.close()
  }, [wanted])

  const { counts, recount } = useCounts(wanted)
  useLive(wanted, recount)
  useEffect(
    () =>
      onReturn(() => {
        void wanted.retry()
        recount()
      }),
    [wanted, recount],
  )
  const title = session?.id === opened ? (session.contact?.displayName ?? session.contactName) : undefined
  useEffect(() => {
    document.title = title === undefined ? t.app.title(t.app.chat) : t.chat.title(title)
  }, [title])

  // Another contact is another conversation; all other filters leave the session open.
  const change = (next: Filter, how: 'push' | 'replace' = 'push') =>
    go(chatAddress(next, next.contact === filter.contact || how === 'replace' ? chosen : ''), how)
  const filtered = Object.keys(list.filter).length > 0
  return (
    <main className="chat" data-opened={chosen !== '' || undefined} data-beside={(roomy && contact !== undefined) || undefined}>
      <header className="bar">
        <h1>{t.app.chat}</h1>
        <p className="count" role="status">
          {counts && counts.total > 0 && t.chat.count(counts.total, number(counts.total))}
        </p>
      </header>
      <Filters filter={filter} counts={counts} onChange={change} />
      <div className="progress" data-slow={slow || undefined} aria-hidden />
      {failure !== undefined && <Failure failure={failure} onRetry={() => void wanted.retry()} />}
      <div className="stage">
        <SessionList
          list={list}
          busy={slow}
          hrefOf={(id) => chatAddress(filter, id)}
          opened={opened}
          empty={
            filtered ? (
              <div className="empty">
                <h2>{t.chat.noneFound}</h2>
                <p>{t.chat.noneMatch}</p>
                <button type="button" onClick={() => go(chatAddress(filterOf(new URLSearchParams())))}>
                  {t.chat.showAll}
                </button>
              </div>
            ) : (
              <div className="empty">
                <h2>{t.chat.noneYet}</h2>
                <p>{t.chat.noneYetHint}</p>
              </div>
            )
          }
        />
        {opened === '' ? (
          <div className="opened unopened">
            <p>{t.chat.choose}</p>
          </div>
        ) : (
          <Opened
            key={opened}
            id={opened}
            back={chatAddress(filter)}
            chosen={chosen !== ''}
            beside={roomy}
            onChanged={recount}
            onSession={setSession}
          />
        )}
        {roomy && contact !== undefined && (
          <div className="beside">
            <Suspense>
              <ContactPanel key={contact} id={contact} level={2} title={t.chat.contact} opened={opened} onMoved={() => {}} />
            </Suspense>
          </div>
        )}
      </div>
    </main>
  )
}

// useNewest is the session that is opened with a contact where there is room for it beside the list: the newest when the
// contact was chosen. It stays when a newer one begins.
function useNewest(contact: string, list: Sessions): string {
  const stacked = useMedia(narrow)
  const { edges, ready } = useStore(list.stretch)
  const [pinned, setPinned] = useState({ contact: '', session: '' })
  const first = ready ? edges[0]?.id : undefined
  if (contact !== pinned.contact && (first !== undefined || contact === '')) {
    setPinned({ contact, session: contact === '' ? '' : first! })
  }
  return stacked || contact !== pinned.contact ? '' : pinned.session
}

interface SessionListProps {
  list: Sessions
  busy: boolean
  hrefOf: (id: string) => string
  opened: string
  empty: React.ReactNode
}

function SessionList({ list, busy, hrefOf, opened, empty }: SessionListProps) {
  const box = useRef<HTMLDivElement>(null)
  const rowHeight = Math.round(6.25 * useRem())
  const [active, setActive] = useState(opened)
  const keep = useMemo(() => [active], [active])
  const focused = () => document.activeElement?.closest<HTMLElement>('[data-row]')?.dataset.row
  const rows = useRows(list, box, rowHeight, keep, useCallback(focused, []))
  const { edges, offset, length, ready } = rows.stretch
  const reachable = edges.some((edge) => edge.id === active) ? active : edges[0]?.id

  // Back from a session, the focus returns to its row.
  const before = useRef(opened)
  useEffect(() => {
    if (before.current !== '' && opened === '') {
      box.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(before.current)}"]`)?.focus()
    }
    before.current = opened
  }, [opened])

  const next = useRef<string>(undefined)
  useEffect(() => {
    const link = next.current && box.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(next.current)}"]`)
    if (link) {
      next.current = undefined
      link.focus({ preventScroll: true })
    }
  })

  function onKeyDown(event: KeyboardEvent) {
    const id = focused()
    const at = edges.findIndex((edge) => edge.id === id)
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: rows.visible - 1,
      PageUp: 1 - rows.visible,
      Home: -Infinity,
      End: Infinity,
    }
    const step = steps[event.key]
    if (at < 0 || step === undefined || event.altKey || event.ctrlKey || event.metaKey) {
      return
    }
    event.preventDefault()
    const to = Math.max(0, Math.min(at + step, edges.length - 1))
    next.current = edges[to]!.id
    setActive(edges[to]!.id)
    rows.reveal(to + offset)
  }

  return (
    <div className="box" ref={box}>
      <ul
        role="list"
        aria-label={t.chat.sessions}
        aria-busy={busy || !ready}
        className="sessions"
        onKeyDown={onKeyDown}
        onFocus={(event) => setActive(event.target.closest<HTMLElement>('[data-row]')?.dataset.row ?? active)}
        style={{ height: ready ? rows.height : rowHeight * rows.visible, ['--row' as string]: `${rowHeight}px` }}
      >
        {!ready &&
          Array.from({ length: rows.visible }, (_, index) => (
            <li
              key={index}
              className="session placeholder"
              aria-hidden
              style={{ transform: `translateY(${index * rowHeight}px)` }}
            >
              <Bars />
            </li>
          ))}
        {rows.placed.map(
          ({ key, index, edge, top }) =>
            edge && (
              <SessionRow
                key={key}
                id={edge.id}
                top={top}
                place={index + 1}
                of={length}
                href={hrefOf(edge.id)}
                open={edge.id === opened}
                active={edge.id === reachable}
              />
            ),
        )}
      </ul>
      {ready && length === 0 && empty}
    </div>
  )
}

type Counts = SessionCountsQuery['sessionCounts']

// useCounts asks how many sessions there are, and again when they have changed. The last answer stays until the
// next.
function useCounts(list: Sessions): { counts: Counts | undefined; recount: () => void } {
  const [counts, setCounts] = useState<Counts>()
  const ask = useRef(() => {})
  useEffect(() => {
    const asking = new AbortController()
    const count = () =>
      query(SessionCountsDocument, { filter: list.filter }, asking.signal).then(
        ({ sessionCounts }) => {
          setCounts(sessionCounts)
          list.count(sessionCounts.total)
        },
        () => {}, // the rows say what is wrong
      )
    void count()
    const again = soon(() => void count(), 2_000)
    ask.current = again.ask
    return () => {
      asking.abort()
      again.stop()
    }
  }, [list])
  return { counts, recount: useCallback(() => ask.current(), []) }
}

function useLive(list: Sessions, recount: () => void): void {
  useEffect(() => {
    const refresh = soon(() => void list.refresh(), 1_000)
    const stop = follow(
      SessionEventsDocument,
      { filter: list.filter },
      {
        id: ({ sessionEvents }) => sessionEvents.eventId,
        resync: () => {
          refresh.ask()
          recount()
        },
        event: ({ sessionEvents: event }) => {
          // Changes made here are known already; all others may move or remove a row.
          if (!isMine(event.eventId)) {
            refresh.ask()
          }
          recount()
        },
      },
    )
    return () => {
      stop()
      refresh.stop()
    }
  }, [list, recount])
}
