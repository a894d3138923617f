import { Content, Description, Portal, Root, Title } from '@radix-ui/react-dialog'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'

import { type ContactRowFragment, DeleteContactDocument } from '../generated/graphql'
import { mutate, Unreachable } from '../server/client'
import { mine } from '../server/echoes'
import { session } from '../server/session'
import { announce } from '../shared/announce'
import { isolate } from '../shared/isolate'

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
  const there = useRef(true)
  useEffect(() => {
    there.current = true
    return () => {
      there.current = false
    }
  }, [])
  const fail = (text: string) => (there.current ? setProblem(text) : announce(`${contact.displayName}: ${text}`))

  // The dialog lies within the page's landmark, and is all of it that can be reached.
  const [place, setPlace] = useState<HTMLDivElement | null>(null)
  useLayoutEffect(() => (place ? isolate(place) : undefined), [place])

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
        announce(`${contact.displayName} deleted`)
        onDeleted()
        return
      }
    } catch (error) {
      fail(error instanceof Unreachable ? 'Not deleted. The server cannot be reached.' : (error as Error).message)
    }
    setBusy(false)
  }

  return (
    <Root open onOpenChange={(open) => !open && onClose()}>
      <div ref={setPlace} />
      {place && (
        <Portal container={place}>
          <div className="veil" />
          <Content
            className="dialog"
            role="alertdialog"
            onCloseAutoFocus={(event) => event.preventDefault()}
            onInteractOutside={stayWhenSignedOut}
            onEscapeKeyDown={stayWhenSignedOut}
          >
            <Title asChild>
              <h1>
                Delete <bdi>{contact.displayName}</bdi>?
              </h1>
            </Title>
            <Description asChild>
              <div>
                <p>This permanently deletes the contact with its email, phone, notes and channel ids.</p>
                <p>Its chat sessions stay, but will show “Anonymous” as the name and no preview.</p>
              </div>
            </Description>
            <p className="problem" role="alert">
              {problem}
            </p>
            <div className="choices">
              <button type="button" onClick={onClose}>
                Cancel
              </button>
              <button type="button" className="danger" disabled={busy} onClick={() => void remove()}>
                {busy ? 'Deleting …' : 'Delete for good'}
              </button>
            </div>
          </Content>
        </Portal>
      )}
    </Root>
  )
}

// Who has to sign in again comes back to the dialog: the form for that lies over it.
function stayWhenSignedOut(event: Event): void {
  if (!session.get()?.signedIn) {
    event.preventDefault()
  }
}
