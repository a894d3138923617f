// Other people's edits, new contacts and deletions. The cache updates values; what is here is
// about rows that come and go. Rows somebody is at stay where they are: see list/rows.ts.

import { type RefObject, useEffect, useRef, useState } from 'react'

import { ContactEventsDocument, type ContactEventsSubscription } from '../generated/graphql'
import { follow } from '../server/client'
import { isMine } from '../server/echoes'
import { matches, phoneMatches, words } from '../shared/fold'
import { soon } from '../shared/soon'
import { editing } from './edits'
import type { GridHandle } from './grid'
import type { Contacts } from './lists'

type Event = ContactEventsSubscription['contactEvents']

const nobody: ReadonlySet<string> = new Set()

/**
 * useContactEvents keeps a list up to date. It returns how many new contacts wait above the screen; clear is to be called
 * when they have been seen.
 */
export function useContactEvents(list: Contacts, grid: RefObject<GridHandle | null>, add: (n: number) => void) {
  const [waiting, setWaiting] = useState(nobody)
  const latest = useRef({ list, add })
  latest.current = { list, add }
  useEffect(() => setWaiting(nobody), [list])

  useEffect(() => {
    const refresh = soon(() => void latest.current.list.refresh(), 1_000)

    function created({ contactId, contact }: Event) {
      const { list, add } = latest.current
      if (list.only !== '') {
        return
      }
      if (list.search !== '' && !(contact && found(contact, list.search))) {
        return
      }
      add(1)
      const onTop = list.search === '' && list.sort === ''
      if (onTop && !(grid.current?.atStart() && !grid.current.occupied())) {
        setWaiting((before) => new Set(before).add(contactId))
      }
      if (!onTop || grid.current?.atStart()) {
        refresh.ask()
      }
    }

    const stop = follow(
      ContactEventsDocument,
      {},
      {
        id: ({ contactEvents }) => contactEvents.eventId,
        resync: () => refresh.ask(),
        event: ({ contactEvents: event }) => {
          const { list, add } = latest.current
          if (isMine(event.eventId)) {
            return
          }
          switch (event.kind) {
            case 'CREATED':
              created(event)
              break
            case 'DELETED':
            case 'MERGED':
              if ((list.search === '' && list.only === '') || list.holds(event.contactId)) {
                add(-1)
              }
              setWaiting((before) => without(before, event.contactId))
              editing.deleted(event.contactId)
              if (event.kind === 'MERGED') {
                refresh.ask()
              }
              break
            case 'ACTIVITY':
              if (list.search === '' && list.sort === '' && list.only === '' && grid.current?.atStart()) {
                refresh.ask()
              }
              break
            default:
              // A new value may make it a match; that it matches no more is left to the next search.
              if (
                list.search !== '' &&
                event.contact &&
                !list.holds(event.contactId) &&
                found(event.contact, list.search)
              ) {
                refresh.ask()
              }
          }
        },
      },
    )
    return () => {
      stop()
      refresh.stop()
    }
  }, [grid])

  return { fresh: waiting.size, clear: () => setWaiting(nobody) }
}

function without(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  return ids.has(id) ? new Set([...ids].filter((each) => each !== id)) : ids
}

// found reports whether a search would find a contact: each word somewhere in the name, the email or the phone.
function found(
  { name, email, phone }: { name: string | null; email: string | null; phone: string | null },
  search: string,
) {
  if (phone && phoneMatches(phone, search).length > 0) {
    return true
  }
  const all = [name, email, phone].join(' ')
  return words(search).every((word) => matches(all, word).length > 0)
}
