// The view that the address names, and what can be done with it.

import { useEffect, useLayoutEffect, useRef, useState } from 'react'

import { type Listing, listingAddress } from '../contacts/listing'
import { announce } from '../shared/announce'
import { refusalOf } from '../shared/refusal'
import { go, here } from '../shared/route'
import { t } from '../texts/texts'
import type { Outcome } from './saving'
import { type Base, baseOf, differs, namesOnly, openAddress, type View } from './view'
import { useViews } from './views'

/** Asking is what a dialog asks for: a name for the list, another one for a view, or what to do about a conflict. */
export type Asking = { name: View | undefined } | { conflict: View }

/** Viewing is the view that is open, as far as one is. */
export interface Viewing {
  /** As the address names it; empty for none. */
  readonly id: string
  /** undefined also while it is not known yet. */
  readonly view: View | undefined
  /** Whether there is no such view any more. */
  readonly gone: boolean
  /** Whether the list is another one than was saved. */
  readonly changed: boolean
  /** The address of the list as it is. */
  readonly address: string
  readonly asking: Asking | undefined
  readonly ask: (asking: Asking | undefined) => void
  /** save saves the list as the view's; over is the version that it may overwrite. */
  readonly save: (over?: number) => Promise<void>
}

/** useViewing follows the address. hidden are the columns that the table hides. */
export function useViewing(params: URLSearchParams, listing: Listing, hidden: Listing['hidden']): Viewing {
  const id = params.get('view') ?? ''
  const { views } = useViews(id !== '')
  const view = views?.find((each) => each.id === id)
  const changed = view !== undefined && differs(view, listing)
  const [asking, ask] = useState<Asking>()

  const base = useRef<Base>(undefined)
  useEffect(() => {
    base.current = view && baseOf(base.current, view, changed)
  }, [view, changed])

  // A link that only names a view leads to its list.
  const named = useRef(namesOnly(params))
  useLayoutEffect(() => {
    if (named.current && view) {
      named.current = false
      go(openAddress(view), 'replace')
    }
  }, [view])

  const busy = useRef(false)
  async function save(over = base.current?.version) {
    if (!view || busy.current) {
      return
    }
    busy.current = true
    try {
      const { updateView } = await import('./saving')
      settle(view, await updateView({ id, address: listingAddress(listing), expectedVersion: over }))
    } catch (error) {
      announce(refusalOf(error, t.contacts.views.notSaved))
    }
    busy.current = false
  }

  function settle({ name }: View, outcome: Outcome) {
    if ('problem' in outcome) {
      ask(undefined)
      announce(`${t.contacts.views.notSaved} ${outcome.problem}`)
    } else if (outcome.conflict) {
      ask({ conflict: outcome.view })
    } else {
      ask(undefined)
      announce(t.contacts.views.changesSaved(name))
    }
  }

  const gone = id !== '' && views !== undefined && !view
  return { id, view, gone, changed, address: listingAddress({ ...listing, hidden }), asking, ask, save }
}

/** leaveView closes a view, if it is open, and reports whether it was. The list stays as it is. */
export function leaveView(id: string): boolean {
  const { path, params } = here()
  if (params.get('view') !== id) {
    return false
  }
  params.delete('view')
  go(params.size === 0 ? path : `${path}?${params}`, 'replace')
  return true
}
