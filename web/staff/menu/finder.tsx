import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'

import type { ContactSearchQuery } from '../generated/graphql'
import { ContactSearchDocument } from '../generated/later'
import { query, Unreachable } from '../server/client'
import { composing } from '../shared/composing'
import { SearchIcon } from '../shared/icons'
import { Marked } from '../shared/marked'
import { reasonOf } from '../shared/refusal'
import { t } from '../texts/later'
import type { Choice, Group } from './choices'
import { Keys } from './keys'
import '../style/menu.css'

/** Found is a contact that a search found. */
export type Found = ContactSearchQuery['contacts']['nodes'][number]

interface Finding {
  contacts: readonly Found[]
  searching: boolean
  problem: string
}

const pause = 120 // ms after the last key

interface FinderProps {
  /** What the list of choices is called. */
  title: string
  placeholder: string
  text: string
  groups: readonly Group[]
  /** What useFound answers to the text. */
  found: Finding
  autoFocus?: boolean
  onText: (text: string) => void
  onChoose: (choice: Choice) => void
}

/** Finder is a field, and below it what can be chosen by what is typed there. */
export function Finder({ title, placeholder, text, groups, found, autoFocus = false, onText, onChoose }: FinderProps) {
  const [index, setIndex] = useState(0)
  const [hurried, setHurried] = useState<string>() // Enter was pressed before its answer had come
  const search = text.trim()
  const { contacts, searching, problem } = found
  const choices = groups.flatMap((group) => group.choices)
  const at = Math.min(index, choices.length - 1)
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [at, text])

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
        onChoose(choice)
      } else if (searching) {
        setHurried(search)
      }
    }
  }
  const awaited = hurried !== undefined && hurried === search && !searching ? choices[at] : undefined
  useEffect(() => {
    if (awaited) {
      onChoose(awaited)
    }
  }, [awaited])

  const status =
    problem !== ''
      ? problem
      : searching || (search === '' && choices.length === 0)
        ? ''
        : choices.length === 0
          ? t.menu.nothing(search)
          : t.menu.results(choices.length)
  return (
    <>
      <label className="search">
        <span className="unseen">{placeholder}</span>
        <SearchIcon />
        <input
          role="combobox"
          type="text"
          value={text}
          placeholder={placeholder}
          autoComplete="off"
          spellCheck={false}
          autoFocus={autoFocus}
          dir="auto"
          maxLength={200}
          aria-expanded={choices.length > 0}
          aria-controls={choices.length > 0 ? `${id}-list` : undefined}
          aria-autocomplete="list"
          aria-activedescendant={choices[at] && `${id}-${choices[at].id}`}
          onChange={(event) => {
            onText(event.currentTarget.value)
            setIndex(0)
            setHurried(undefined)
          }}
          onKeyDown={onKeyDown}
        />
      </label>
      {choices.length > 0 && (
        <div role="listbox" className="finder-list" id={`${id}-list`} aria-label={title} ref={list} aria-busy={searching || undefined}>
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
                      onClick={() => onChoose(choice)}
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
    </>
  )
}

/** useFound asks the server for contacts once the typing pauses. What it found last stays until the next answer. */
export function useFound(search: string): Finding {
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
            setFound({ search, contacts: [], problem: error instanceof Unreachable ? t.menu.unreachable : reasonOf(error) })
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

/** detailOf is what distinguishes a contact from others of the same name. */
export function detailOf({ displayName, email, phone, phoneInternational }: Found): string {
  return [email !== displayName && email, phone !== displayName && phoneInternational].filter(Boolean).join(' · ')
}
