import { useState } from 'react'

import type { ContactDetailsQuery } from '../generated/graphql'
import { SplitContactDocument } from '../generated/later'
import { mutate } from '../server/client'
import { mine } from '../server/echoes'
import { announce } from '../shared/announce'
import { Dialog } from '../shared/dialog'
import { ChannelIcon } from '../shared/icons'
import { refusalOf } from '../shared/refusal'
import { t } from '../texts/texts'
import '../style/merge.css'

interface SplitProps {
  contact: NonNullable<ContactDetailsQuery['contact']>
  onSplit: (id: string, name: string) => void
  onClose: () => void
}

/** SplitDialog moves channel ids with their sessions from a contact to a new one. */
export function SplitDialog({ contact, onSplit, onClose }: SplitProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  const { identities } = contact
  const there = identities.filter(({ id }) => chosen.has(id))
  const all = there.length === identities.length
  const possible = there.length > 0 && !all && !busy

  function toggle(id: string) {
    const next = new Set(chosen)
    if (!next.delete(id)) {
      next.add(id)
    }
    setChosen(next)
    setProblem('')
  }

  async function split() {
    setBusy(true)
    setProblem('')
    try {
      const input = { id: contact.id, expectedVersion: contact.version, identityIds: there.map(({ id }) => id) }
      const { splitContact } = await mutate(SplitContactDocument, { input })
      mine(splitContact.eventId)
      const [error] = splitContact.userErrors
      if (splitContact.split) {
        announce(t.contact.splitOff(splitContact.split.displayName))
        onSplit(splitContact.split.id, splitContact.split.displayName)
        return
      }
      setProblem(error?.code === 'CONFLICT' ? t.contact.changedMeanwhile : (error?.message ?? t.contact.notSplit))
    } catch (error) {
      setProblem(refusalOf(error, t.contact.notSplit))
    }
    setBusy(false)
  }

  return (
    <Dialog
      title={
        <>
          {t.contact.splitQuestion[0]}
          <bdi>{contact.displayName}</bdi>
          {t.contact.splitQuestion[1]}
        </>
      }
      description={<p>{t.contact.splitHint}</p>}
      onClose={onClose}
    >
      <fieldset className="identities-to-split">
        <legend className="unseen">{t.contact.identities}</legend>
        {identities.map(({ id, channel, displayName, externalId }) => (
          <label key={id} className="option" data-chosen={chosen.has(id) || undefined}>
            <input type="checkbox" checked={chosen.has(id)} onChange={() => toggle(id)} />
            <span className="content">
              <span>
                <ChannelIcon type={channel.type} /> <bdi>{channel.name}</bdi>
              </span>
              <span className="hint">
                <bdi>{displayName ?? externalId}</bdi>
              </span>
            </span>
          </label>
        ))}
      </fieldset>
      <p className="problem" role="alert">
        {problem || (all ? t.contact.splitAll : '')}
      </p>
      <div className="choices">
        <button type="button" onClick={onClose}>
          {t.contact.cancel}
        </button>
        <button
          type="button"
          className="primary"
          aria-disabled={!possible || undefined}
          onClick={() => possible && void split()}
        >
          {busy ? t.contact.splitting : t.contact.split}
        </button>
      </div>
    </Dialog>
  )
}
