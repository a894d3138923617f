// What can be done with the contacts that are selected.

import { lazy, Suspense, useState } from 'react'

import { announce } from '../shared/announce'
import { BinIcon, CrossIcon, DownloadIcon, MergeIcon } from '../shared/icons'
import { save } from '../shared/save'
import { useStore } from '../shared/store'
import { number } from '../shared/time'
import { t } from '../texts/texts'
import { csv } from './csv'
import { known } from './known'
import { selection } from './selected'
import { most } from './selection'

const DeleteMany = lazy(() => import('./delete-many'))
const MergeDialog = lazy(async () => ({ default: (await import('../merge/dialog')).MergeDialog }))

const mostMerged = 10

interface BarProps {
  /** How many match in all, where that is known. */
  total: number | undefined
  onSelectAll: () => void
  /** Called with the contacts that were deleted. */
  onDeleted: (ids: string[]) => void
  /** Called with the contact that others became part of. */
  onMerged: (survivorId: string) => void
  /** onLeave takes the focus, which was here. */
  onLeave: () => void
}

/** SelectionBar says how many contacts are selected, and offers what is done with several. */
export function SelectionBar({ total, onSelectAll, onDeleted, onMerged, onLeave }: BarProps) {
  const chosen = useStore(selection.chosen)
  const [asking, setAsking] = useState<'delete' | 'merge'>()
  const [asked, setAsked] = useState<{ id: string; displayName: string }[]>([])
  const { selection: words } = t.contacts
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
          <p role="status">{words.selected(number(chosen.size))}</p>
          {total !== undefined && total > chosen.size && total <= most && (
            <button type="button" className="link" onClick={onSelectAll}>
              {words.allMatching(number(total))}
            </button>
          )}
          <span className="does">
            <button type="button" onClick={download}>
              <DownloadIcon /> {words.export}
            </button>
            <button
              type="button"
              title={words.mergeHint}
              disabled={chosen.size < 2 || chosen.size > mostMerged}
              onClick={() => ask('merge')}
            >
              <MergeIcon /> {words.merge}
            </button>
            <button type="button" onClick={() => ask('delete')}>
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
