import { type ReactNode, Suspense, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'

import { Beside } from '../contact/beside'
import { contactPath, shown as shownContact, shownIn } from '../contact/place'
import type { ContactRowFragment } from '../generated/graphql'
import { onReturn } from '../server/connection'
import { composing } from '../shared/composing'
import { ConnectFirst } from '../shared/connect'
import { SearchIcon } from '../shared/icons'
import { later } from '../shared/later'
import { address, go, Link, useRoute } from '../shared/route'
import { useStore } from '../shared/store'
import { number } from '../shared/time'
import { Failure, useSlow } from '../shared/waiting'
import { editing } from './edits'
import { Grid, type GridHandle } from './grid'
import { contactsOf, countContacts, removeEverywhere, type Sort, sortOf, type Total } from './lists'
import { useContactEvents } from './live'

const DeleteDialog = later(async () => (await import('./delete')).DeleteDialog)

/** ContactsPage is the searchable table of everybody who has written to the workspace. */
export function ContactsPage() {
  const { path, params } = useRoute()
  const whole = shownIn(path)
  const typed = params.get('search') ?? ''
  const search = typed.trim()
  const only = params.get('contact') ?? ''
  const sort = sortOf(params.get('sort'), search)
  const field = useRef<HTMLInputElement>(null)
  const grid = useRef<GridHandle>(null)

  const wanted = only === '' ? contactsOf(search, sort) : contactsOf('', '', only)
  const { ready, failure } = useStore(wanted.stretch)
  // The rows stay on the screen until the answer to the last search arrives.
  const [shown, setShown] = useState(wanted)
  if (ready && shown !== wanted) {
    setShown(wanted)
  }
  const list = ready ? wanted : shown
  const slow = useSlow(list !== wanted || !ready)
  useEffect(() => {
    void (wanted.stretch.get().ready ? wanted.refresh() : wanted.load())
    return () => {
      wanted.close()
    }
  }, [wanted])
  useEffect(() => onReturn(() => void wanted.retry()), [wanted])

  const total = useTotal(list)
  const { fresh, clear } = useContactEvents(list, grid, total.add)

  const [deleting, setDeleting] = useState<{ contact: ContactRowFragment; index: number }>()
  const dialog = useRef(deleting)
  dialog.current = deleting

  useEffect(() => {
    if (whole === '') {
      document.title = search === '' ? 'Contacts – Kith' : `${search} – Contacts – Kith`
    }
  }, [search, whole])
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      const typing =
        event.target instanceof Element && event.target.closest('input, textarea, select, [role=alertdialog], [role=dialog]')
      if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault()
        field.current?.focus()
        field.current?.select()
      }
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])

  const show = (next: { search?: string; sort?: Sort }, how?: 'push' | 'replace') =>
    go(address(contactPath(whole), { search: typed, sort, ...next }), how)

  // The contact that is shown whole has a path; the search, the order and the like stay as they are.
  const showWhole = (id: string, how?: 'push' | 'replace') =>
    go(address(contactPath(id), Object.fromEntries(params)), how)

  useLayoutEffect(() => shownContact.set(whole), [whole])
  useEffect(() => () => shownContact.set(''), [])

  // Back from a contact, the focus returns to its row.
  const before = useRef(whole)
  useLayoutEffect(() => {
    const was = before.current
    before.current = whole
    if (was !== '' && whole === '' && document.activeElement === document.body) {
      if (grid.current && grid.current.indexOf(was) >= 0) {
        grid.current.focus(was, 0)
      } else {
        field.current?.focus()
      }
    }
  }, [whole])

  function step(by: 1 | -1) {
    const { edges, offset } = list.stretch.get()
    const at = edges.findIndex(({ id }) => id === whole)
    const next = edges[at < 0 ? 0 : at + by]
    if (next) {
      grid.current?.reveal(at < 0 ? offset : at + by + offset)
      showWhole(next.id, 'replace')
    }
  }

  // The row that takes the place of the contact that was shown whole.
  const after = useRef<string>(undefined)
  useEffect(() => {
    const { edges } = list.stretch.get()
    const at = edges.findIndex(({ id }) => id === whole)
    if (at >= 0) {
      after.current = (edges[at + 1] ?? edges[at - 1])?.id
    }
  })

  function deleted(id: string) {
    total.add(-1)
    if (whole === id) {
      flushSync(() => showWhole('', 'replace'))
      flushSync(() => (after.current ? grid.current?.focus(after.current, 0) : field.current?.focus()))
    }
  }

  function clearSearch() {
    show({ search: '' }, 'replace')
    field.current?.focus()
  }

  // The focus goes back to where it was, or to what has taken its place, before another key can be pressed.
  function leaveDialog({ contact, index }: NonNullable<typeof deleting>) {
    flushSync(() => setDeleting(undefined))
    flushSync(() => {
      if (list.stretch.get().length === 0) {
        field.current?.focus()
      } else {
        grid.current?.focus(contact.id, 6, index)
      }
    })
  }

  return (
    <main className="contacts" data-whole={whole !== '' || undefined}>
      <header className="bar">
        <h1>Contacts</h1>
        <p className="count" role="status">
          {total.text}
          {total.text !== '' && list.search !== '' && list.sort === '' && <span className="order">, best first</span>}
        </p>
        {list.only !== '' && (
          <Link href="/staff/contacts" className="all">
            Show all contacts
          </Link>
        )}
        <search>
          <label className="search">
            <span className="unseen">Search contacts</span>
            <SearchIcon />
            <input
              ref={field}
              type="search"
              value={typed}
              placeholder="Name, email or phone"
              autoComplete="off"
              spellCheck={false}
              dir="auto"
              maxLength={500}
              aria-keyshortcuts="/"
              onChange={(event) => show({ search: event.currentTarget.value }, 'replace')}
              onKeyDown={(event) => {
                if (composing(event)) {
                  return
                }
                if (event.key === 'Escape' && typed !== '') {
                  event.preventDefault()
                  show({ search: '' }, 'replace')
                } else if (event.key === 'ArrowDown') {
                  const first = list.stretch.get().edges[0]
                  if (first) {
                    event.preventDefault()
                    grid.current?.toStart()
                    grid.current?.focus(first.id, 0)
                  }
                }
              }}
            />
          </label>
        </search>
      </header>
      <div className="progress" data-slow={slow || undefined} aria-hidden />
      {failure !== undefined && <Failure failure={failure} onRetry={() => void wanted.retry()} />}
      <div className="stage">
        <Grid
          key="grid"
          list={list}
          sort={list.sort}
          busy={slow}
          onSort={(next) => show({ sort: next })}
          onOpen={showWhole}
          onDelete={(contact) => setDeleting({ contact, index: grid.current?.indexOf(contact.id) ?? 0 })}
          handle={grid}
          onStart={clear}
          empty={
            list.only !== '' ? (
              <Empty title="No such contact">
                <p>It was deleted, or belongs to another workspace.</p>
              </Empty>
            ) : list.search === '' || !list.anybody ? (
              <Empty title="No contacts yet">
                <p>Contacts are created automatically when customers interact with any of your channels.</p>
                <ConnectFirst />
              </Empty>
            ) : (
              <Empty title="No contacts found">
                <p>
                  Nothing matches “<bdi>{list.search}</bdi>”.
                </p>
                <button type="button" onClick={clearSearch}>
                  Clear the search
                </button>
              </Empty>
            )
          }
        />
        {fresh > 0 && (
          <button
            type="button"
            className="fresh"
            onClick={() => {
              clear()
              void list.toStart().then(() => grid.current?.toStart())
            }}
          >
            {fresh === 1 ? '1 new contact' : `${number(fresh)} new contacts`}
          </button>
        )}
        {whole !== '' && (
          <Beside
            id={whole}
            onClose={() => showWhole('')}
            onStep={step}
            onMoved={(id) => showWhole(id, 'replace')}
            onDeleted={deleted}
          />
        )}
      </div>
      <Suspense>
        {deleting && (
          <DeleteDialog
            contact={deleting.contact}
            onClose={() => leaveDialog(deleting)}
            onDeleted={() => {
              editing.forget(deleting.contact.id)
              removeEverywhere(deleting.contact.id)
              total.add(-1)
              if (whole === deleting.contact.id) {
                showWhole('', 'replace')
              }
              // Who has closed the dialog meanwhile is somewhere else by now.
              if (dialog.current === deleting) {
                leaveDialog(deleting)
              }
            }}
          />
        )}
      </Suspense>
    </main>
  )
}

function Empty({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  )
}

// useTotal counts a list's contacts: by looking when all are there, else by asking once the typing has paused.
function useTotal(list: ReturnType<typeof contactsOf>): { text: string; add: (n: number) => void } {
  const { ready, hasNext, hasPrevious, edges } = useStore(list.stretch)
  const [asked, setAsked] = useState<{ list: typeof list; total: Total }>()
  const [round, setRound] = useState(0) // what others did while the server was away has not been counted
  const whole = ready && !hasNext && !hasPrevious
  useEffect(() => {
    if (!ready || whole) {
      return
    }
    const asking = new AbortController()
    const timer = setTimeout(
      () => {
        countContacts(list.search, asking.signal).then(
          (total) => {
            setAsked({ list, total })
            list.count(total.value)
          },
          () => {}, // the rows say what is wrong
        )
      },
      list.search === '' ? 0 : 250,
    )
    return () => {
      clearTimeout(timer)
      asking.abort()
    }
  }, [list, ready, whole, round])
  useEffect(() => onReturn(() => setRound((before) => before + 1)), [])

  const total: Total | undefined = whole
    ? { value: edges.length, exact: true }
    : asked?.list === list
      ? asked.total
      : undefined
  const add = useRef((_: number) => {})
  useLayoutEffect(() => {
    add.current = (n) => {
      if (asked?.list === list && asked.total.exact) {
        const value = asked.total.value + n
        setAsked({ list, total: { value, exact: true } })
        list.count(value)
      }
    }
  })
  return { text: total ? wording(total, list.search !== '') : '', add: (n) => add.current(n) }
}

function wording({ value, exact }: Total, searching: boolean): string {
  const [one, many] = searching ? ['match', 'matches'] : ['contact', 'contacts']
  if (value === 0) {
    return ''
  }
  return `${number(value)}${exact ? '' : '+'} ${value === 1 && exact ? one : many}`
}
