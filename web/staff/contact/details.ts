// A contact as its panel shows it, kept up to date.

import { useEffect, useRef, useState } from 'react'
import { useQuery } from 'urql'

import type { ContactDetailsQuery } from '../generated/graphql'
import { ContactDetailsDocument, ContactNewsDocument, SessionNewsDocument } from '../generated/later'
import { follow } from '../server/client'
import { onReturn } from '../server/connection'
import { soon } from '../shared/soon'

/** Details are what is known of a contact. */
export type Details = NonNullable<ContactDetailsQuery['contact']>

interface Answer {
  contact: Details | undefined
  /** Why there is none: not asked yet, not there, or not to be had. */
  state: 'asking' | 'there' | 'gone' | 'failed'
  retry: () => void
}

/**
 * useDetails is the contact of an id, or the one that it was merged into. changed is called when something happened to
 * it or to its sessions.
 */
export function useDetails(id: string, changed: () => void): Answer {
  const [{ data, error, fetching }, ask] = useQuery({
    query: ContactDetailsDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const reload = useRef(() => {})
  reload.current = () => {
    ask({ requestPolicy: 'network-only' })
    changed()
  }
  useEffect(() => onReturn(() => reload.current()), [])
  useEffect(() => {
    const refresh = soon(() => reload.current(), 1_000)
    const stop = [
      follow(
        ContactNewsDocument,
        {},
        {
          id: ({ contactEvents }) => contactEvents.eventId,
          resync: refresh.ask,
          event: ({ contactEvents: { contactId, mergedInto } }) =>
            (contactId === id || mergedInto?.id === id) && refresh.ask(),
        },
      ),
      follow(
        SessionNewsDocument,
        { filter: { contactId: id } },
        { id: ({ sessionEvents }) => sessionEvents.eventId, resync: () => {}, event: refresh.ask },
      ),
      refresh.stop,
    ]
    return () => stop.forEach((each) => each())
  }, [id])

  // What is there stays while it is asked for again.
  const [last, setLast] = useState<Details>()
  const now = data?.contact ?? undefined
  const answered = data != null && !fetching && !error // null: the cache has not all of it
  if (now !== last && (now || answered)) {
    setLast(now)
  }
  const contact = now ?? (answered ? undefined : last)
  const state = contact ? 'there' : answered ? 'gone' : error && !fetching ? 'failed' : 'asking'
  return { contact, state, retry: reload.current }
}

