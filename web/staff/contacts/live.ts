// Other people's edits, new contacts and deletions. The cache updates values; what is here is
// about rows that come and go. Rows somebody is at stay where they are: see list/rows.ts.

import { type RefObject, useEffect, useRef, useState } from 'react'

import {
  ContactEventsDocument,
  type ContactEventsSubscription,
  SessionEventsDocument,
} from '../generated/graphql'
import { follow } from '../server/client'
import { isMine } from '../server/echoes'
import { matches, phoneMatches, words } from '../shared/fold'
import { soon } from '../shared/soon'
import { editing, openContact } from './edits'
import type { GridHandle } from './grid'
import type { Contacts } from './lists'
import { selection } from './selected'

type Event = ContactEventsSubscription['contactEvents']

const nobody: ReadonlySet<string> = new Set()

/** Count is what is said of how many there are. */
interface Count {
  /** add counts contacts that came, or went. */
  add: (n: number) => void
  /** again asks how many there are. */
  again: () => void
}

/**
 * useContactEvents keeps a list up to date. It returns how many new contacts wait above the screen; clear is to be called
 * when they have been seen.
 */
export function useContactEvents(list: Contacts, grid: RefObject<GridHandle | null>, count: Count) {
  const [waiting, setWaiting] = useState(nobody)
  const latest = useRef({ list, count })
  latest.current = { list, count }
  useEffect(() => setWaiting(nobody), [list])

  // Which contacts a filter lets through, only the server knows: it is asked again about all that is shown. A row that
  // is being edited may stay until it is closed.
  const doubtful = useRef(new Set<string>())
  const recheck = useRef<() => void>(() => {})
  useEffect(() => {
    doubtful.current.clear()
    const asking = soon(() => {
      if ([...doubtful.current].some((id) => list.holds(id) && openContact(id))) {
        asking.ask()
        return
      }
      doubtful.current.clear()
      void list.reread()
      latest.current.count.again()
    }, 1_000)
    recheck.current = asking.ask
    return asking.stop
  }, [list])
  const doubt = useRef((id: string) => {
    doubtful.current.add(id)
    recheck.current()
  })

  // Unread messages and open sessions are told of by the sessions.
  const bySessions = list.filter?.hasUnread != null || list.filter?.hasOpenSession != null
  useEffect(() => {
    if (!bySessions) {
      return undefined
    }
    return follow(
      SessionEventsDocument,
      {},
      {
        id: ({ sessionEvents }) => sessionEvents.eventId,
        resync: () => recheck.current(),
        event: ({ sessionEvents: { contactId, session } }) => {
          const id = contactId ?? session?.contact?.id
          if (id) {
            doubt.current(id)
          }
        },
      },
    )
  }, [bySessions])

  useEffect(() => {
    const refresh = soon(() => void latest.current.list.refresh(), 1_000)

    function created({ contactId, contact }: Event) {
      const { list, count } = latest.current
      if (list.search !== '' && !(contact && found(contact, list.search))) {
        return
      }
      count.add(1)
      const onTop = list.everybody && list.sort === ''
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
        resync: () => (latest.current.list.filter ? recheck.current() : refresh.ask()),
        event: ({ contactEvents: event }) => {
          const { list, count } = latest.current
          const filtered = list.filter !== undefined
          if (filtered && list.only === '') {
            doubt.current(event.contactId)
          }
          if (isMine(event.eventId)) {
            return
          }
          switch (event.kind) {
            case 'CREATED':
              if (!filtered && list.only === '') {
                created(event)
              }
              break
            case 'DELETED':
            case 'MERGED':
              if (!filtered && (list.everybody || list.holds(event.contactId))) {
                count.add(-1)
              }
              setWaiting((before) => without(before, event.contactId))
              editing.deleted(event.contactId)
              selection.drop([event.contactId])
              if (event.kind === 'MERGED' && !filtered) {
                refresh.ask()
              }
              break
            case 'ACTIVITY':
              if (list.everybody && list.sort === '' && grid.current?.atStart()) {
                refresh.ask()
              }
              break
            default:
              // A new value may make it a match; that it matches no more is left to the next search.
              if (
                !filtered &&
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
