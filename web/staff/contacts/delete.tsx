import { useState } from 'react'

import type { ContactRowFragment } from '../generated/graphql'
import { DeleteContactDocument } from '../generated/later'
import { mutate } from '../server/client'
import { mine } from '../server/echoes'
import { announce } from '../shared/announce'
import { Dialog } from '../shared/dialog'
import { refusalOf } from '../shared/refusal'
import { useThere } from '../shared/there'
import { t } from '../texts/texts'

interface DeleteProps {
  contact: ContactRowFragment
  onDeleted: () => void
  onClose: () => void
}

/**
 * DeleteDialog asks once more, says what goes and what stays, and deletes for good. Where the focus goes afterwards is
 * for who opened it.
 */
export function DeleteDialog({ contact, onDeleted, onClose }: DeleteProps) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  // The dialog may be closed while the answer is awaited; the outcome is announced nevertheless.
  const there = useThere()
  const fail = (text: string) => (there.current ? setProblem(text) : announce(`${contact.displayName}: ${text}`))

  const [before, after] = t.contact.deleteQuestion

  async function remove() {
    setBusy(true)
    setProblem('')
    try {
      const { deleteContact } = await mutate(DeleteContactDocument, { input: { id: contact.id } })
      mine(deleteContact.eventId)
      const error = deleteContact.userErrors.find((each) => each.code !== 'NOT_FOUND') // gone is what was wanted
      if (error) {
        fail(error.message)
      } else {
        announce(t.contact.deleted(contact.displayName))
        onDeleted()
        return
      }
    } catch (error) {
      fail(refusalOf(error, t.contact.notDeleted))
    }
    setBusy(false)
  }

  return (
    <Dialog
      alert
      title={
        <>
          {before}
          <bdi>{contact.displayName}</bdi>
          {after}
        </>
      }
      description={
        <>
          <p>{t.contact.deletes}</p>
          <p>{t.contact.sessionsStay}</p>
        </>
      }
      onClose={onClose}
    >
      <p className="problem" role="alert">
        {problem}
      </p>
      <div className="choices">
        <button type="button" onClick={onClose}>
          {t.contact.cancel}
        </button>
        <button type="button" className="danger" disabled={busy} onClick={() => void remove()}>
          {busy ? t.contact.deleting : t.contact.deleteForGood}
        </button>
      </div>
    </Dialog>
  )
}
