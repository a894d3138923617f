import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'

import { ContactEventsDocument } from '../generated/graphql'
import { DuplicatesDocument } from '../generated/later'
import { useCommands } from '../menu/commands'
import { MergeDialog } from '../merge/dialog'
import { follow, query } from '../server/client'
import { useMay } from '../server/viewer'
import { afterComparing } from '../shared/compared'
import { More } from '../shared/more'
import { type Loader, usePaged } from '../shared/paged'
import { shortcut } from '../shared/shortcut'
import { soon } from '../shared/soon'
import { useTitle } from '../shared/title'
import { useSlow } from '../shared/waiting'
import { t } from '../texts/later'
import { dismiss, merge, type Verdict } from './judge'
import { PairCard } from './pair'
import { type Pair, sidesOf, without } from './pairs'
import '../style/admin.css'

/** DuplicatesPage is the inbox of pairs that may be one person each: merge them, or say that they are not. */
export function DuplicatesPage() {
  useTitle(t.inbox.title)
  const { edit } = useMay()
  const [total, setTotal] = useState<{ value: number; exact: boolean }>()
  const load = useCallback<Loader<Pair>>(async (args, signal) => {
    const { duplicates } = await query(DuplicatesDocument, args, signal)
    setTotal(duplicates.totalCount)
    return duplicates
  }, [])
  const list = usePaged(load)
  const { items, ready, reload, change } = list
  const slow = useSlow(!ready && list.failure === undefined)
  useFollowed(reload)

  const box = useRef<HTMLUListElement>(null)
  const cursor = useCursor(items, box)
  const [busy, setBusy] = useState<ReadonlySet<string>>(new Set())
  const [problems, setProblems] = useState<ReadonlyMap<string, string>>(new Map())
  const [comparing, setComparing] = useState<Pair>()

  async function judge(pair: Pair, how: () => Promise<Verdict>) {
    if (busy.has(pair.id)) {
      return
    }
    setBusy((before) => new Set(before).add(pair.id))
    setProblems((before) => omit(before, pair.id))
    const { gone, problem, stale } = await how()
    setBusy((before) => new Set([...before].filter((id) => id !== pair.id)))
    if (problem === undefined) {
      change((pairs) => without(pairs, gone).filter(({ id }) => id !== pair.id))
      setTotal((before) => before && { ...before, value: Math.max(0, before.value - 1) })
    } else {
      setProblems((before) => new Map(before).set(pair.id, problem))
    }
    if (problem === undefined || stale) {
      reload()
    }
  }
  const onMerge = (pair: Pair) => {
    const sides = sidesOf(pair)
    if (sides) {
      void judge(pair, () => merge(sides))
    }
  }
  const onDismiss = (pair: Pair) => {
    const sides = sidesOf(pair)
    if (sides) {
      void judge(pair, () => dismiss(pair.id, sides))
    }
  }

  // The focus goes back to the pair, or to the one that has taken its place.
  const closeComparison = () => {
    setComparing(undefined)
    setTimeout(cursor.focus)
  }

  const current = items[cursor.index]
  const run = (what: (pair: Pair) => void) => () => current && what(current)
  useCommands([
    { id: 'duplicates-next', name: t.inbox.next, keys: ['J'], run: () => cursor.move(1) },
    { id: 'duplicates-previous', name: t.inbox.previous, keys: ['K'], run: () => cursor.move(-1) },
    ...(edit && current
      ? [
          { id: 'duplicates-merge', name: t.inbox.merge, keys: ['M'], run: run(onMerge) },
          { id: 'duplicates-not', name: t.inbox.notSame, keys: ['N'], run: run(onDismiss) },
          { id: 'duplicates-compare', name: t.inbox.compare, keys: ['Enter'], run: run(setComparing) },
        ]
      : []),
  ])
  const onKey = useRef((_: KeyboardEvent) => {})
  onKey.current = (event) => {
    const key = shortcut(event)
    const onControl = event.target instanceof Element && event.target.closest('a, button')
    const actions: Record<string, (() => void) | undefined> = {
      j: () => cursor.move(1),
      k: () => cursor.move(-1),
      ...(edit && current && !event.repeat && { m: run(onMerge), n: run(onDismiss) }),
      ...(edit && current && !onControl && { Enter: run(setComparing) }),
    }
    const action = key && actions[key]
    if (action) {
      event.preventDefault()
      action()
    }
  }
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey.current(event)
    addEventListener('keydown', listener)
    return () => removeEventListener('keydown', listener)
  }, [])

  return (
    <main className="admin">
      <header className="bar">
        <h1>{t.inbox.title}</h1>
        <p className="count" role="status">
          {total && total.value > 0 && t.inbox.count(total.value, total.exact)}
        </p>
        {edit && items.length > 0 && <p className="hint keys-hint">{t.inbox.keysHint}</p>}
      </header>
      <div className="progress" data-slow={slow || undefined} aria-hidden />
      <div className="page">
        {ready && items.length === 0 && (
          <div className="empty">
            <h2>{t.inbox.none}</h2>
            <p>{t.inbox.noneHint}</p>
          </div>
        )}
        <ul role="list" aria-label={t.inbox.list} className="pairs" ref={box} aria-busy={!ready}>
          {items.map((pair, index) => (
            <PairCard
              key={pair.id}
              pair={pair}
              current={index === cursor.index}
              busy={busy.has(pair.id)}
              problem={problems.get(pair.id)}
              {...(edit && {
                onMerge: () => onMerge(pair),
                onDismiss: () => onDismiss(pair),
                onCompare: () => setComparing(pair),
              })}
              onEnter={() => cursor.to(index)}
            />
          ))}
        </ul>
        <More list={list} />
      </div>
      {comparing && (
        <MergeDialog
          ids={comparing.contacts.map(({ id }) => id)}
          onMerged={(survivor) => {
            const gone = comparing.contacts.map(({ id }) => id).filter((id) => id !== survivor)
            change((pairs) => without(pairs, gone))
            closeComparison()
            reload()
          }}
          onClose={closeComparison}
        />
      )}
    </main>
  )
}

// useFollowed reads the pairs again when contacts have changed: merged elsewhere, edited, or new.
function useFollowed(reload: () => void): void {
  useEffect(() => {
    const again = soon(reload, 2_000)
    const later = afterComparing(again.ask)
    later.ask()
    const stop = follow(
      ContactEventsDocument,
      {},
      {
        id: ({ contactEvents }) => contactEvents.eventId,
        resync: again.ask,
        event: ({ contactEvents: { kind } }) => {
          if (kind !== 'ACTIVITY') {
            again.ask()
            later.ask()
          }
        },
      },
    )
    return () => {
      stop()
      later.stop()
      again.stop()
    }
  }, [reload])
}

interface Cursor {
  /** The number of the pair that the keys are for. */
  index: number
  to: (index: number) => void
  /** focus puts the focus on it. */
  focus: () => void
  move: (by: number) => void
}

// useCursor keeps to a pair, and goes to the next one when it has gone, with the focus if that was there.
function useCursor(items: readonly Pair[], box: React.RefObject<HTMLElement | null>): Cursor {
  const [at, setAt] = useState<{ id: string; index: number }>()
  const held = useRef(false)
  const found = items.findIndex(({ id }) => id === at?.id)
  const index = found >= 0 ? found : Math.max(0, Math.min(at?.index ?? 0, items.length - 1))
  const card = (n: number) => box.current?.children[n] as HTMLElement | undefined

  useLayoutEffect(() => {
    if (at && found < 0 && items[index]) {
      setAt({ id: items[index].id, index })
      if (held.current && document.activeElement === document.body) {
        card(index)?.focus()
      }
    }
  }, [items, at, found, index])
  useEffect(() => {
    const onFocus = () => {
      held.current = box.current?.contains(document.activeElement) ?? false
    }
    document.addEventListener('focusin', onFocus)
    return () => document.removeEventListener('focusin', onFocus)
  }, [box])

  function to(n: number) {
    const pair = items[n]
    if (pair && pair.id !== at?.id) {
      setAt({ id: pair.id, index: n })
    }
  }
  return {
    index,
    to,
    focus: () => box.current?.querySelector<HTMLElement>('[data-current]')?.focus(),
    move: (by) => {
      const inside = box.current?.contains(document.activeElement)
      const next = Math.max(0, Math.min(index + (inside ? by : 0), items.length - 1))
      to(next)
      card(next)?.focus()
    },
  }
}

function omit(map: ReadonlyMap<string, string>, id: string): ReadonlyMap<string, string> {
  return new Map([...map].filter(([each]) => each !== id))
}
