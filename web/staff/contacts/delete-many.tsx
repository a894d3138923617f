// The question before several contacts are deleted, how far that is, and what failed. It is loaded when it is opened.

import { useState } from 'react'

import { DeleteContactsDocument } from '../generated/later'
import { mutate } from '../server/client'
import { mine } from '../server/echoes'
import { announce } from '../shared/announce'
import { Dialog } from '../shared/dialog'
import { refusalOf } from '../shared/refusal'
import { useStore } from '../shared/store'
import { number } from '../shared/time'
import { useThere } from '../shared/there'
import { t } from '../texts/later'
import { BulkDeletion, type Outcome } from './bulk'

const named = 5

async function remove(ids: readonly string[]): Promise<Outcome[]> {
  const { deleteContacts } = await mutate(DeleteContactsDocument, { input: { ids: [...ids] } })
  return ids.map((_, index) => {
    const result = deleteContacts.results[index]
    mine(result?.eventId ?? null)
    const error = result ? result.userErrors.find(({ code }) => code !== 'NOT_FOUND') : undefined // gone is what was wanted
    if (result && !error) {
      return 'deleted'
    }
    return { reason: error?.message ?? t.contact.notDeleted }
  })
}

interface DeleteManyProps {
  contacts: readonly { id: string; displayName: string }[]
  onDeleted: (ids: string[]) => void
  onClose: () => void
}

export default function DeleteMany({ contacts, onDeleted, onClose }: DeleteManyProps) {
  const words = t.selecting
  const [bulk] = useState(
    () =>
      new BulkDeletion(
        contacts.map(({ id }) => id),
        remove,
        (error) => refusalOf(error, t.contact.notDeleted),
      ),
  )
  const { outcomes, busy } = useStore(bulk.progress)
  const failed = contacts.flatMap((contact) => {
    const outcome = outcomes.get(contact.id)
    return outcome && outcome !== 'deleted' ? [{ ...contact, reason: outcome.reason }] : []
  })
  const done = outcomes.size > 0 && !busy

  // The dialog may be closed while the answers are awaited; the outcome is announced nevertheless.
  const there = useThere()

  async function run() {
    const gone = await bulk.run()
    if (gone.length > 0) {
      onDeleted(gone)
    }
    const left = bulk.left.length
    if (gone.length > 0 || !there.current) {
      const deleted = words.deleted(number(gone.length), gone.length === 1)
      announce(left === 0 ? deleted : `${deleted}. ${words.failed(number(left), left === 1).replace(/:$/, '.')}`)
    }
    if (left === 0 && there.current) {
      onClose()
    }
  }

  const count = contacts.length
  return (
    <Dialog
      alert
      title={words.deleteTitle(number(count), count === 1)}
      className="delete-many"
      description={
        <>
          <ul className="some">
            {contacts.slice(0, named).map(({ id, displayName }) => (
              <li key={id} dir="auto">
                {displayName}
              </li>
            ))}
            {count > named && <li className="more">{words.more(number(count - named))}</li>}
          </ul>
          <p>{words.deletes}</p>
          <p>{t.contact.sessionsStay}</p>
        </>
      }
      onClose={onClose}
    >
      {busy && (
        <p className="how-far">
          <progress value={outcomes.size} max={count} aria-label={words.progress(number(outcomes.size), number(count))} />
          {words.progress(number(outcomes.size), number(count))}
        </p>
      )}
      {done && failed.length > 0 && (
        <div className="problem" role="alert">
          <p>{words.failed(number(failed.length), failed.length === 1)}</p>
          <ul>
            {failed.map(({ id, displayName, reason }) => (
              <li key={id}>
                <bdi>{displayName}</bdi>: {reason}
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className="choices">
        <button type="button" onClick={onClose}>
          {done ? words.close : words.cancel}
        </button>
        <button type="button" className="danger" disabled={busy} onClick={() => void run()}>
          {busy
            ? t.contact.deleting
            : done
              ? words.retry(number(failed.length))
              : words.deleteAll(number(count))}
        </button>
      </div>
    </Dialog>
  )
}
