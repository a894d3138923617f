import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react'

import type { ContactSearchQuery } from '../generated/graphql'
import { ContactSearchDocument } from '../generated/later'
import { adminPages, everybodysPages, type PageName } from '../nav'
import { query, Unreachable } from '../server/client'
import { useMay } from '../server/viewer'
import { composing } from '../shared/composing'
import { Dialog } from '../shared/dialog'
import { SearchIcon } from '../shared/icons'
import { Marked } from '../shared/marked'
import { go } from '../shared/route'
import { useStore } from '../shared/store'
import { t } from '../texts/later'
import { openAddress, type View } from '../views/view'
import { useViews } from '../views/views'
import { type Choice, type Group, matching, recentFirst } from './choices'
import { commands } from './commands'
import { Keys } from './keys'
import { opened } from './opened'
import { type Recent, recents, remember } from './recent'
import '../style/menu.css'

type Found = ContactSearchQuery['contacts']['nodes'][number]

const pause = 120 // ms after the last key

/** Menu finds contacts, pages and what can be done here by what is typed, and goes there. */
export function Menu() {
  const [text, setText] = useState('')
  const [index, setIndex] = useState(0)
  const [hurried, setHurried] = useState<string>() // Enter was pressed before its answer had come
  const search = text.trim()
  const { contacts, searching, problem } = useContacts(search)
  const groups = useGroups(search, contacts)
  const choices = groups.flatMap((group) => group.choices)
  const at = Math.min(index, choices.length - 1)
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [at, text])

  function choose(choice: Choice) {
    remember({ id: choice.id, name: choice.name })
    opened.set(undefined)
    // After the dialog has given the focus back: what is chosen may move it.
    setTimeout(choice.run)
  }

  function onKeyDown(event: KeyboardEvent) {
    if (composing(event)) {
      return
    }
    const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1 }
    const to = steps[event.key]
    if (to !== undefined && choices.length > 0) {
      event.preventDefault()
      setIndex((to + choices.length) % choices.length)
    } else if (event.key === 'Enter') {
      event.preventDefault()
      const choice = choices[at]
      // A contact that an older search found is not what was typed: that waits for the answer.
      if (choice && !(searching && contacts.some(({ id }) => id === choice.id))) {
        choose(choice)
      } else if (searching) {
        setHurried(search)
      }
    }
  }
  const awaited = hurried !== undefined && hurried === search && !searching ? choices[at] : undefined
  useEffect(() => {
    if (awaited) {
      choose(awaited)
    }
  }, [awaited])

  const status =
    problem !== ''
      ? problem
      : searching
        ? ''
        : choices.length === 0
          ? t.menu.nothing(search)
          : t.menu.results(choices.length)
  return (
    <Dialog title={t.menu.title} untitled returns className="menu" onClose={() => opened.set(undefined)}>
      <label className="search">
        <span className="unseen">{t.menu.placeholder}</span>
        <SearchIcon />
        <input
          role="combobox"
          type="text"
          value={text}
          placeholder={t.menu.placeholder}
          autoComplete="off"
          spellCheck={false}
          autoFocus
          dir="auto"
          maxLength={200}
          aria-expanded={choices.length > 0}
          aria-controls={choices.length > 0 ? `${id}-list` : undefined}
          aria-autocomplete="list"
          aria-activedescendant={choices[at] && `${id}-${choices[at].id}`}
          onChange={(event) => {
            setText(event.currentTarget.value)
            setIndex(0)
            setHurried(undefined)
          }}
          onKeyDown={onKeyDown}
        />
      </label>
      {choices.length > 0 && (
        <div role="listbox" id={`${id}-list`} aria-label={t.menu.title} ref={list} aria-busy={searching || undefined}>
          {groups.map(
            (group) =>
              group.choices.length > 0 && (
                <div key={group.id} role="group" aria-labelledby={`${id}-${group.id}`}>
                  <p id={`${id}-${group.id}`}>{group.title}</p>
                  {group.choices.map((choice) => (
                    <div
                      key={choice.id}
                      id={`${id}-${choice.id}`}
                      role="option"
                      tabIndex={-1}
                      aria-selected={choice === choices[at]}
                      // The focus stays in the input.
                      onPointerDown={(event) => event.preventDefault()}
                      onPointerMove={() => setIndex(choices.indexOf(choice))}
                      onClick={() => choose(choice)}
                    >
                      <span dir="auto">
                        <Marked text={choice.name} search={search} />
                      </span>
                      {choice.detail && (
                        <span className="detail" dir="auto">
                          {choice.detail}
                        </span>
                      )}
                      {choice.keys && <Keys keys={choice.keys} />}
                    </div>
                  ))}
                </div>
              ),
          )}
        </div>
      )}
      <p className={choices.length > 0 && problem === '' ? 'unseen' : 'hint'} role="status">
        {status}
      </p>
    </Dialog>
  )
}

// useContacts asks the server once the typing pauses. What it found last stays until the next answer.
function useContacts(search: string): { contacts: readonly Found[]; searching: boolean; problem: string } {
  const [found, setFound] = useState<{ search: string; contacts: readonly Found[]; problem: string }>({
    search: '',
    contacts: [],
    problem: '',
  })
  useEffect(() => {
    if (search === '') {
      setFound({ search, contacts: [], problem: '' })
      return
    }
    const asking = new AbortController()
    const timer = setTimeout(() => {
      query(ContactSearchDocument, { search }, asking.signal).then(
        ({ contacts }) => setFound({ search, contacts: contacts.nodes, problem: '' }),
        (error: unknown) => {
          if (!asking.signal.aborted) {
            setFound({ search, contacts: [], problem: error instanceof Unreachable ? t.menu.unreachable : String(error) })
          }
        },
      )
    }, pause)
    return () => {
      clearTimeout(timer)
      asking.abort()
    }
  }, [search])
  return { contacts: found.contacts, searching: found.search !== search, problem: found.problem }
}

function useGroups(search: string, contacts: readonly Found[]): Group[] {
  const { administer } = useMay()
  const offered = useStore(commands)
  const chosen = useStore(recents)
  const { views } = useViews(true)
  return useMemo(() => {
    const pages = [...everybodysPages, ...(administer ? adminPages : [])].map(pageChoice)
    const actions = offered.flatMap(({ id, name, keys, run }): Choice[] => (run ? [{ id, name, keys, run }] : []))
    const shortcuts: Choice = {
      id: 'shortcuts',
      name: t.menu.shortcuts,
      keys: ['?'],
      run: () => opened.set('shortcuts'),
    }
    const opening = (views ?? []).map(viewChoice)
    const known = [...actions, ...pages, ...opening, shortcuts]
    if (search !== '') {
      return [
        { id: 'contacts', title: t.menu.contacts, choices: contacts.map(contactChoice) },
        { id: 'actions', title: t.menu.actions, choices: matching([...actions, shortcuts], search) },
        { id: 'views', title: t.menu.views, choices: matching(opening, search) },
        { id: 'pages', title: t.menu.pages, choices: matching(pages, search) },
      ]
    }
    const [recent] = recentFirst([...known, ...chosen.flatMap(recentContact)], chosen)
    const rest = (choices: readonly Choice[]) => choices.filter(({ id }) => !recent.some((each) => each.id === id))
    return [
      { id: 'recent', title: t.menu.recent, choices: recent },
      { id: 'actions', title: t.menu.actions, choices: rest([...actions, shortcuts]) },
      { id: 'pages', title: t.menu.pages, choices: rest(pages) },
      { id: 'views', title: t.menu.views, choices: rest(opening) },
    ]
  }, [search, contacts, offered, chosen, administer, views])
}

function pageChoice(page: PageName): Choice {
  return { id: `page-${page}`, name: t.app[page], run: () => go(`/staff/${page}`) }
}

function viewChoice(view: View): Choice {
  return { id: view.id, name: t.contacts.views.open(view.name), run: () => go(openAddress(view)) }
}

function contactChoice({ id, displayName, email, phone, phoneInternational }: Found): Choice {
  const detail = [email !== displayName && email, phone !== displayName && phoneInternational].filter(Boolean).join(' · ')
  return { id, name: displayName, detail, run: () => go(`/staff/contacts/${id}`) }
}

function recentContact({ id, name }: Recent): Choice[] {
  return id.startsWith('contact_') && name ? [{ id, name, run: () => go(`/staff/contacts/${id}`) }] : []
}
