// What can be done with the contacts that are selected.

import { Suspense, useEffect, useState } from 'react'

import { ContactsCountAllDocument } from '../generated/later'
import { query } from '../server/client'
import { announce } from '../shared/announce'
import { BinIcon, CrossIcon, DownloadIcon, MergeIcon } from '../shared/icons'
import { part } from '../shared/later'
import { save } from '../shared/save'
import { useStore } from '../shared/store'
import { number } from '../shared/time'
import { t } from '../texts/later'
import { csv } from './csv'
import { ExportAll } from './export-all'
import { known } from './known'
import type { Variables } from './list-query'
import { selection } from './selected'
import { most } from './selection'

const DeleteMany = part(async () => (await import('./delete-many')).default)
const DeleteEvery = part(async () => (await import('./delete-every')).default)
const MergeDialog = part(async () => (await import('../merge/dialog')).MergeDialog)

const mostMerged = 10

interface BarProps {
  /** How many match in all, where that is known. */
  total: number | undefined
  /** What the list is asked for with, where that is what is on the screen and has more than one contact. */
  asked: Variables | undefined
  onSelectAll: () => void
  /** Called with the contacts that were deleted. */
  onDeleted: (ids: string[]) => void
  /** Called with the contact that others became part of. */
  onMerged: (survivorId: string) => void
  /** onLeave takes the focus, which was here. */
  onLeave: () => void
}

/** SelectionBar says how many contacts are selected, and offers what is done with several. */
export function SelectionBar({ total, asked: list, onSelectAll, onDeleted, onMerged, onLeave }: BarProps) {
  const chosen = useStore(selection.chosen)
  const [asking, setAsking] = useState<'delete' | 'every' | 'merge'>()
  const [asked, setAsked] = useState<{ id: string; displayName: string }[]>([])
  const words = t.selecting
  const { every } = selection
  const beyond = list && !every && chosen.size > 0 && (total === undefined || total > most)
  const all = useCounted(list, total, chosen.size >= most)
  if (chosen.size === 0 && asking === undefined) {
    return null
  }

  function ask(what: 'delete' | 'merge') {
    setAsked([...chosen.values()].map((contact) => known(contact.id) ?? contact))
    setAsking(what)
  }

  function close() {
    setAsking(undefined)
    onLeave()
  }

  function clear() {
    selection.clear()
    onLeave()
  }

  function download() {
    const { columns } = t.contacts.table
    const heads = [
      columns.name,
      columns.email,
      columns.phone,
      columns.notes,
      columns.channels,
      columns.created,
      columns.activity,
    ]
    const contacts = [...chosen.values()].map((contact) => known(contact.id) ?? contact)
    save(words.file, 'text/csv;charset=utf-8', csv(heads, contacts))
    announce(words.exported(number(contacts.length)))
  }

  return (
    <>
      {chosen.size > 0 && (
        <div className="selection" role="region" aria-label={words.region}>
          <p role="status">{every ? t.jobs.everySelected(all) : words.selected(number(chosen.size))}</p>
          {total !== undefined && total > chosen.size && total <= most && (
            <button type="button" className="link" onClick={onSelectAll}>
              {words.allMatching(number(total))}
            </button>
          )}
          {beyond && (
            <button type="button" className="link" onClick={() => selection.everything()}>
              {t.jobs.selectEvery(all)}
            </button>
          )}
          <span className="does">
            {every && list ? (
              <ExportAll asked={list} />
            ) : (
              <button type="button" onClick={download}>
                <DownloadIcon /> {words.export}
              </button>
            )}
            <button
              type="button"
              title={words.mergeHint}
              disabled={every || chosen.size < 2 || chosen.size > mostMerged}
              onClick={() => ask('merge')}
            >
              <MergeIcon /> {words.merge}
            </button>
            <button type="button" onClick={() => (every ? setAsking('every') : ask('delete'))}>
              <BinIcon /> {words.delete}
            </button>
            <button type="button" className="clear" aria-label={words.clear} title={words.clear} onClick={clear}>
              <CrossIcon />
            </button>
          </span>
        </div>
      )}
      <Suspense>
        {asking === 'delete' && (
          <DeleteMany
            contacts={asked}
            onDeleted={(ids) => {
              selection.drop(ids)
              onDeleted(ids)
            }}
            onClose={close}
          />
        )}
        {asking === 'every' && list && <DeleteEvery asked={list} onBegun={() => selection.clear()} onClose={close} />}
        {asking === 'merge' && (
          <MergeDialog
            ids={asked.map(({ id }) => id)}
            onMerged={(survivorId) => {
              selection.clear()
              onMerged(survivorId)
              close()
            }}
            onClose={close}
          />
        )}
      </Suspense>
    </>
  )
}

// useCounted is how many contacts a list has, in words: as the page has counted them, or else further than that; empty until
// that is known.
function useCounted(asked: Variables | undefined, total: number | undefined, asking: boolean): string {
  const [counted, setCounted] = useState<{ list: string; text: string }>()
  const list = JSON.stringify([asked?.search, asked?.filter])
  const missing = asking && asked !== undefined && total === undefined && counted?.list !== list
  useEffect(() => {
    if (!missing || !asked) {
      return undefined
    }
    const { search, filter } = asked
    const counting = new AbortController()
    query(ContactsCountAllDocument, { search, filter }, counting.signal).then(
      ({ contacts: { totalCount: { value, exact } } }) => setCounted({ list, text: `${number(value)}${exact ? '' : '+'}` }),
      () => {}, // it goes without
    )
    return () => counting.abort()
  }, [list, missing])
  if (total !== undefined) {
    return number(total)
  }
  return counted?.list === list ? counted.text : ''
}
