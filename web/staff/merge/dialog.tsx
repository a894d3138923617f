import { useEffect, useId, useState } from 'react'

import type { ContactField } from '../generated/graphql'
import { ContactsToMergeDocument, MergeContactsDocument, MergePreviewDocument } from '../generated/later'
import { mutate, query } from '../server/client'
import { mine } from '../server/echoes'
import { announce } from '../shared/announce'
import { Dialog } from '../shared/dialog'
import { refusalOf } from '../shared/refusal'
import { useStore } from '../shared/store'
import { Ago } from '../shared/time'
import { useThere } from '../shared/there'
import { t } from '../texts/later'
import { Choice } from './choice'
import { announceMerge } from './merges'
import { type Candidate, Merging, type Preview, type Server, type State } from './merging'
import '../style/merge.css'

const server: Server = {
  contacts: async (ids) => {
    const { nodes } = await query(ContactsToMergeDocument, { ids: [...ids] })
    return nodes.map((node) => (node && 'displayName' in node ? node : undefined))
  },
  preview: async (input) => (await query(MergePreviewDocument, { input })).mergePreview,
  merge: async (input) => (await mutate(MergeContactsDocument, { input })).mergeContacts,
}

interface MergeProps {
  /** Two to eleven contacts; the first is proposed as the one that stays. */
  ids: string[]
  onMerged: (survivorId: string) => void
  onClose: () => void
}

/** MergeDialog compares contacts, lets somebody choose what is kept of each, and merges them. */
export function MergeDialog({ ids, onMerged, onClose }: MergeProps) {
  const [merging] = useState(() => new Merging(ids, server))
  const state = useStore(merging.state)
  const { phase, contacts, missing, changed, failure, preview } = state
  useEffect(() => void merging.load(), [merging])

  // The dialog may be closed while the answer is awaited; the outcome is announced nevertheless.
  const there = useThere()

  async function merge() {
    const merged = await merging.merge()
    if (merged?.contact) {
      mine(merged.eventId)
      const text = t.duplicates.merge.merged(merged.mergedContactIds.length + 1, merged.contact.displayName)
      announceMerge(merged, text)
      if (there.current) {
        onMerged(merged.contact.id)
      }
    } else if (!there.current) {
      announce(t.duplicates.merge.notMerged)
    }
  }

  const problems = [
    missing > 0 ? t.duplicates.merge.missing(missing) : '',
    changed ? t.duplicates.merge.changed : '',
    failure === undefined ? '' : refusalOf(failure, t.duplicates.merge.notMerged),
    ...(preview?.userErrors ?? []).map(({ message }) => message),
  ].filter((each) => each !== '')
  const possible = phase === 'ready' && preview !== undefined && preview.userErrors.length === 0
  return (
    <Dialog title={t.duplicates.merge.title(contacts.length || ids.length)} className="merge" onClose={onClose}>
      {contacts.length > 1 ? (
        <Decisions merging={merging} state={state} />
      ) : (
        <p className="hint">{phase === 'loading' ? t.duplicates.merge.loading : t.duplicates.merge.alone}</p>
      )}
      <div role="alert" className="problem">
        {problems.map((each) => (
          <p key={each}>{each}</p>
        ))}
      </div>
      <div className="choices">
        {failure !== undefined && (
          <button type="button" onClick={() => void merging.load()}>
            {t.duplicates.merge.again}
          </button>
        )}
        <button type="button" onClick={onClose}>
          {t.duplicates.merge.cancel}
        </button>
        {contacts.length > 1 && (
          // Focusable also while it cannot be pressed: the focus would be lost with each choice.
          <button
            type="button"
            className="primary"
            aria-disabled={!possible || undefined}
            onClick={() => possible && void merge()}
          >
            {phase === 'merging' ? t.duplicates.merge.merging : t.duplicates.merge.merge(contacts.length)}
          </button>
        )}
      </div>
    </Dialog>
  )
}

const chosenFields: ContactField[] = ['NAME', 'EMAIL', 'PHONE']

function Decisions({ merging, state }: { merging: Merging; state: State }) {
  const { contacts, survivor, chosen, preview } = state
  const text = t.duplicates.merge
  return (
    <div className="decisions" data-pair={contacts.length === 2 || undefined}>
      <Choice
        legend={text.survivor}
        hint={text.survivorHint}
        chosen={survivor}
        onChoose={(id) => void merging.survive(id)}
        options={contacts.map((contact) => ({ id: contact.id, content: <Whom contact={contact} /> }))}
      />
      {chosenFields.map((field) => {
        const compared = preview?.fields.find((each) => each.field === field)
        return (
          compared?.options.some(({ value }) => value !== null) && (
            <Choice
              key={field}
              legend={text.fields[field]}
              chosen={chosen[field] ?? compared.chosenFrom}
              onChoose={(id) => void merging.keep(field, id)}
              options={inOrder(contacts, compared).map(({ contactId, value, verified }) => ({
                id: contactId,
                disabled: value === null,
                content: value === null ? <span className="nothing">{text.none}</span> : <Value text={value} verified={field === 'NAME' ? undefined : verified} />,
              }))}
            />
          )
        )
      })}
      {preview && <Notes merging={merging} state={state} preview={preview} />}
      {preview && <p className="hint">{text.outcome(preview.sessionCount, preview.identityCount)}</p>}
    </div>
  )
}

// inOrder is the values in the order of the contacts, which does not change when another one is to stay.
function inOrder(contacts: readonly Candidate[], { options }: Preview['fields'][number]) {
  return contacts.flatMap(({ id }) => options.find((each) => each.contactId === id) ?? [])
}

function Whom({ contact }: { contact: Candidate }) {
  const ways = [...new Set(contact.identities.map(({ channel }) => channel.name))]
  return (
    <>
      <bdi className="strong">{contact.displayName}</bdi>
      <span className="hint">
        {t.duplicates.merge.since} <Ago at={contact.createdAt} />
        {ways.length > 0 && ` · ${ways.join(', ')}`}
      </span>
    </>
  )
}

function Value({ text, verified }: { text: string; verified: boolean | undefined }) {
  return (
    <>
      <bdi>{text}</bdi>
      {verified !== undefined && (
        <span className="hint">{verified ? t.contact.verified : t.contact.typed}</span>
      )}
    </>
  )
}

function Notes({ merging, state, preview }: { merging: Merging; state: State; preview: Preview }) {
  const id = useId()
  const shown = state.notes ?? preview.notes
  return (
    <div className="merged-notes">
      <label htmlFor={id}>{t.duplicates.merge.fields.NOTES}</label>
      <textarea
        id={id}
        dir="auto"
        rows={Math.min(8, Math.max(2, shown.split('\n').length))}
        value={shown}
        onChange={(event) => merging.write(event.currentTarget.value)}
        onBlur={() => state.notes !== undefined && void merging.preview()}
      />
    </div>
  )
}
