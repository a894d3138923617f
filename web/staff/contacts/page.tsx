import { type ReactNode, Suspense, useCallback, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react'
import { flushSync } from 'react-dom'

import { Beside } from '../contact/beside'
import { contactPath, shown as shownContact, shownIn } from '../contact/place'
import type { ContactRowFragment } from '../generated/graphql'
import { connection, onReturn } from '../server/connection'
import { useViewer } from '../server/viewer'
import { announce } from '../shared/announce'
import { composing } from '../shared/composing'
import { ConnectFirst } from '../shared/connect'
import { ColumnsIcon, SearchIcon } from '../shared/icons'
import { later, part } from '../shared/later'
import { address, go, Link, useRoute } from '../shared/route'
import { useStore } from '../shared/store'
import { number } from '../shared/time'
import { Failure, useSlow } from '../shared/waiting'
import { t } from '../texts/texts'
import { SaveChanges, ViewNotices, ViewsMenu } from '../views/menu'
import { useViewing } from '../views/viewing'
import { editing } from './edits'
import { arrange, layout as arranged, useLayout } from './columns'
import { Commands } from './commands'
import { asked, unfiltered } from './filter'
import { Filters } from './filters'
import { Grid, type GridHandle } from './grid'
import { type Listing, listingOf, listingParameters } from './listing'
import { type Contacts, contactsOf, countContacts, firstOf, removeEverywhere, type Total } from './lists'
import { useContactEvents } from './live'
import { Popover } from './popover'
import { selection } from './selected'
import { most } from './selection'
import { reveals } from './sort'

const Options = part(async () => (await import('./options')).default)
const SelectionBar = later(async () => (await import('./selection-bar')).SelectionBar)
const DeleteDialog = later(async () => (await import('./delete')).DeleteDialog)

/** ContactsPage is the searchable table of everybody who has written to the workspace. */
export function ContactsPage() {
  const { path, params } = useRoute()
  const whole = shownIn(path)
  const typed = params.get('search') ?? ''
  const only = params.get('contact') ?? ''
  const { listing, unknown } = listingOf(params)
  const { search, filter } = listing
  const viewer = useViewer()
  const sort = viewer?.masked && search === '' && reveals(listing.sort) ? '' : listing.sort
  const layout = useLayout()
  const hidden = listing.hidden ?? layout.hidden
  const viewing = useViewing(params, listing, hidden)
  const field = useRef<HTMLInputElement>(null)
  const grid = useRef<GridHandle>(null)

  const wanted =
    only === ''
      ? contactsOf({ search, sort, filter: asked(filter), only })
      : contactsOf({ search: '', sort: '', filter: undefined, only })
  const { ready, failure } = useStore(wanted.stretch)
  const away = useStore(connection).trouble !== undefined
  // The rows stay on the screen until the answer to the last search arrives; but not where none can come.
  const [shown, setShown] = useState(wanted)
  if (ready && shown !== wanted) {
    setShown(wanted)
  }
  const unanswered = !ready && shown !== wanted && (away || failure !== undefined)
  const list = ready || unanswered ? wanted : shown
  const slow = useSlow(!unanswered && (list !== wanted || !ready))
  useEffect(() => {
    void (wanted.stretch.get().ready ? wanted.refresh() : wanted.load())
    return () => {
      wanted.close()
    }
  }, [wanted])
  useEffect(() => onReturn(() => void wanted.retry()), [wanted])

  const readOnly = viewer?.role === 'READER'
  // The bar is loaded with the first selection, and stays: its dialogs outlive the selection.
  const [selecting, setSelecting] = useState(false)
  const someSelected = useSyncExternalStore(selection.chosen.subscribe, () => selection.chosen.get().size > 0)
  if (someSelected && !selecting) {
    setSelecting(true)
  }
  const total = useTotal(list)
  const { fresh, clear } = useContactEvents(list, grid, total)

  // What is selected belongs to what was searched for.
  const chosenFrom = JSON.stringify([wanted.search, wanted.filter, wanted.only])
  useEffect(() => selection.clear(), [chosenFrom])
  useEffect(() => () => selection.clear(), [])

  async function selectAll() {
    const all = await firstOf(list, most).catch(() => [])
    selection.all(all)
    if (total.value === undefined || total.value > most) {
      announce(t.contacts.selection.full(number(most)))
    }
  }

  const [deleting, setDeleting] = useState<{ contact: ContactRowFragment; index: number }>()
  const dialog = useRef(deleting)
  dialog.current = deleting

  useEffect(() => {
    if (whole === '') {
      document.title = t.app.title(search === '' ? t.contacts.title : `${search} – ${t.contacts.title}`)
    }
  }, [search, whole])
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      const typing =
        event.target instanceof Element && event.target.closest('input, textarea, select, [role=dialog], [role=alertdialog]')
      if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault()
        field.current?.focus()
        field.current?.select()
      }
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])

  const show = (next: Partial<Listing>, how?: 'push' | 'replace') => {
    const changed = { ...listing, search: typed, ...next }
    go(address(contactPath(whole), { ...listingParameters(changed), view: viewing.id }), how)
  }

  // Columns are part of a view; without one they are the reader's own.
  function hide(next: Listing['hidden'] & {}) {
    if (viewing.id === '' && listing.hidden === undefined) {
      arrange({ ...arranged.get(), hidden: next })
    } else {
      show({ hidden: next }, 'replace')
    }
  }

  // The contact that is shown whole has a path; the search, the order and the like stay as they are.
  const showWhole = (id: string, how?: 'push' | 'replace') =>
    go(address(contactPath(id), repeated(params)), how)

  useLayoutEffect(() => shownContact.set(whole), [whole])
  useEffect(() => () => shownContact.set(''), [])

  // Back from a contact, the focus returns to its row.
  const before = useRef(whole)
  useLayoutEffect(() => {
    const was = before.current
    before.current = whole
    if (was !== '' && whole === '' && document.activeElement === document.body) {
      if (grid.current && grid.current.indexOf(was) >= 0) {
        grid.current.focus(was, 'name')
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
      flushSync(() => (after.current ? grid.current?.focus(after.current, 'name') : field.current?.focus()))
    }
  }

  function clearAndType(next: Partial<Listing>) {
    show(next, 'replace')
    field.current?.focus()
  }

  // The focus goes back to where it was, or to what has taken its place, before another key can be pressed.
  function leaveDialog({ contact, index }: NonNullable<typeof deleting>) {
    flushSync(() => setDeleting(undefined))
    flushSync(() => {
      if (list.stretch.get().length === 0) {
        field.current?.focus()
      } else {
        grid.current?.focus(contact.id, 'actions', index)
      }
    })
  }

  return (
    <main className="contacts" data-whole={whole !== '' || undefined}>
      <header className="bar">
        <h1>{t.contacts.title}</h1>
        <p className="count" role="status">
          {total.text}
          {total.text !== '' && list.search !== '' && list.sort === '' && (
            <span className="order">{t.contacts.bestFirst}</span>
          )}
        </p>
        {list.only !== '' && (
          <Link href="/staff/contacts" className="all">
            {t.contacts.showAll}
          </Link>
        )}
        <search>
          <label className="search">
            <span className="unseen">{t.contacts.search}</span>
            <SearchIcon />
            <input
              ref={field}
              type="search"
              value={typed}
              placeholder={t.contacts.searchHint}
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
                    grid.current?.focus(first.id, 'name')
                  }
                }
              }}
            />
          </label>
        </search>
      </header>
      {list.only === '' && (
        <Filters
          filter={filter}
          onChange={(next, how) => show({ filter: next }, how)}
          start={<ViewsMenu viewing={viewing} />}
        >
          <SaveChanges viewing={viewing} />
          <Popover
            label={t.contacts.table.options}
            button={
              <>
                <ColumnsIcon />
                <span className="tool-name">{t.contacts.table.options}</span>
              </>
            }
          >
            {() => (
              <Suspense>
                <Options hidden={hidden} onHide={hide} asked={wanted.variables} />
              </Suspense>
            )}
          </Popover>
        </Filters>
      )}
      {unknown.length > 0 && (
        <div className="notice" role="status">
          <p>{t.contacts.filters.unknown(unknown.join(', '))}</p>
          <button type="button" onClick={() => clearAndType({})}>
            {t.contacts.filters.dismiss}
          </button>
        </div>
      )}
      <ViewNotices viewing={viewing} />
      <Suspense>{only === '' && <Commands viewing={viewing} asked={wanted.variables} hidden={hidden} />}</Suspense>
      <div className="progress" data-slow={slow || undefined} aria-hidden />
      {failure !== undefined && <Failure failure={failure} onRetry={() => void wanted.retry()} />}
      <div className="stage">
        <Grid
          key="grid"
          list={list}
          sort={list.sort}
          hidden={hidden}
          readOnly={readOnly}
          onSelectAll={() => void selectAll()}
          busy={slow}
          onSort={(next) => show({ sort: next })}
          onOpen={showWhole}
          onDelete={(contact) => setDeleting({ contact, index: grid.current?.indexOf(contact.id) ?? 0 })}
          handle={grid}
          onStart={clear}
          unanswered={unanswered}
          empty={
            unanswered ? (
              <Empty title={away ? t.contacts.empty.away : t.contacts.empty.refused}>
                {away && <p>{t.contacts.empty.awayWhy}</p>}
              </Empty>
            ) : list.only !== '' ? (
              <Empty title={t.contacts.empty.one}>
                <p>{t.contacts.empty.oneWhy}</p>
              </Empty>
            ) : list.everybody || !list.anybody ? (
              <Empty title={t.contacts.empty.none}>
                <p>{t.contacts.empty.noneWhy}</p>
                <ConnectFirst />
              </Empty>
            ) : (
              <Nothing
                list={list}
                onClearSearch={() => clearAndType({ search: '' })}
                onClearFilter={() => clearAndType({ filter: unfiltered })}
              />
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
            {t.contacts.fresh(number(fresh), fresh === 1)}
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
        {selecting && (
          <SelectionBar
            total={total.value}
            asked={list === wanted && only === '' ? list.variables : undefined}
            onSelectAll={() => void selectAll()}
            onDeleted={(ids) => {
              for (const id of ids) {
                editing.forget(id)
                removeEverywhere(id)
              }
              total.add(-ids.length)
              if (ids.includes(whole)) {
                showWhole('', 'replace')
              }
            }}
            onMerged={() => {
              void list.reread()
              total.again()
            }}
            onLeave={() => {
              flushSync(() => {})
              const [first] = list.stretch.get().edges
              first ? grid.current?.focusActive() : field.current?.focus()
            }}
          />
        )}
      </Suspense>
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

// repeated are parameters, each with all its values.
function repeated(params: URLSearchParams): Record<string, string[]> {
  return Object.fromEntries([...params.keys()].map((name) => [name, params.getAll(name)]))
}

function Empty({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  )
}

// Nothing says that nothing matches, and what to clear.
function Nothing({ list, onClearSearch, onClearFilter }: NothingProps) {
  const { empty } = t.contacts
  const [before, after] = list.filter ? empty.noMatchFiltered : empty.noMatch
  return (
    <Empty title={empty.nothing}>
      {list.search === '' ? (
        <p>{empty.noneFiltered}</p>
      ) : (
        <p>
          {before}
          <bdi>{list.search}</bdi>
          {after}
        </p>
      )}
      <div className="choices">
        {list.search !== '' && (
          <button type="button" onClick={onClearSearch}>
            {empty.clearSearch}
          </button>
        )}
        {list.filter && (
          <button type="button" onClick={onClearFilter}>
            {empty.clearFilters}
          </button>
        )}
      </div>
    </Empty>
  )
}

interface NothingProps {
  list: Contacts
  onClearSearch: () => void
  onClearFilter: () => void
}

interface Counted {
  text: string
  /** How many there are, where that is known exactly. */
  value: number | undefined
  add: (n: number) => void
  again: () => void
}

// useTotal counts a list's contacts: by looking when all are there, else by asking once the typing has paused.
function useTotal(list: Contacts): Counted {
  const { ready, hasNext, hasPrevious, edges } = useStore(list.stretch)
  const [asked, setAsked] = useState<{ list: Contacts; total: Total }>()
  const [round, setRound] = useState(0) // what others did while the server was away has not been counted
  const again = useCallback(() => setRound((before) => before + 1), [])
  const whole = ready && !hasNext && !hasPrevious
  useEffect(() => {
    if (!ready || whole) {
      return
    }
    const asking = new AbortController()
    const timer = setTimeout(
      () => {
        countContacts(list, asking.signal).then(
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
  useEffect(() => onReturn(again), [again])

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
  return {
    text: total ? wording(total, list.everybody || list.only !== '') : '',
    value: total?.exact ? total.value : undefined,
    add: (n) => add.current(n),
    again,
  }
}

function wording({ value, exact }: Total, everybody: boolean): string {
  if (value === 0) {
    return ''
  }
  const words = everybody ? t.contacts.total : t.contacts.matching
  return words(`${number(value)}${exact ? '' : '+'}`, value === 1 && exact)
}
