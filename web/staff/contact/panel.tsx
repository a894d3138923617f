// One contact whole: beside the table or an opened session, and as a page where there is no room for both.

import { type RefObject, Suspense, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'

import { DeleteDialog } from '../contacts/delete'
import { editKey, type Field as Name } from '../contacts/editing'
import { editing, enter, leading, leavePanel, useOpenContact, usePlace } from '../contacts/edits'
import { removeEverywhere } from '../contacts/lists'
import { undoMerge } from '../merge/merges'
import { useMay } from '../server/viewer'
import { announce } from '../shared/announce'
import { Breakable } from '../shared/breakable'
import { ChannelIcon } from '../shared/icons'
import { later } from '../shared/later'
import { Link } from '../shared/route'
import { Store, useStore } from '../shared/store'
import { Ago } from '../shared/time'
import { t } from '../texts/later'
import { Avatar } from './avatar'
import { type Details, useDetails } from './details'
import { Duplicates, useDuplicates } from './duplicates'
import { exportContact } from './export'
import { Field } from './field'
import { askHistory, History } from './history'
import { spacedPhone } from './phone'
import { contactPath } from './place'
import { PartHeading, PartLevel, usePager } from './section'
import { askSessions, Sessions } from './sessions'
import '../style/contact-panel.css'

const MergeDialog = later(async () => (await import('../merge/dialog')).MergeDialog)
const SplitDialog = later(async () => (await import('./split')).SplitDialog)

const fields: Name[] = ['name', 'email', 'phone', 'notes']

/** Arrival is what led to the contact that is shown now. */
interface Arrival {
  id: string
  text: string
  /** Another contact that it is about. */
  other?: { id: string; name: string }
}

const arrival = new Store<Arrival | undefined>(undefined)

export interface PanelProps {
  id: string
  /** The level of the heading: 1 where the contact is all of the page. */
  level: 1 | 2
  /** What the heading says where the name has been said; then the focus does not come here either. */
  title?: string
  /** The session that is opened beside it. */
  opened?: string
  /** onMoved is called with the id of the contact that this one was merged into, or that it has become. */
  onMoved: (id: string) => void
  /** onDeleted is called after the contact was deleted here. */
  onDeleted?: (id: string) => void
  /** onName is called with what the contact is called, and undefined for one that is not there. */
  onName?: (name: string | undefined) => void
  /** What comes above the contact, such as the way back. */
  children?: React.ReactNode
}

/** ContactPanel shows everything about a contact, and lets those who may change it. */
export function ContactPanel(props: PanelProps) {
  const { id, level, title, onMoved, onName, children } = props
  const sessions = usePager(id, askSessions)
  const history = usePager(id, askHistory)
  const duplicates = useDuplicates(id)
  const { contact, state, retry } = useDetails(id, () => {
    void sessions.refresh()
    void history.refresh()
    duplicates.refresh()
  })

  const heading = useRef<HTMLHeadingElement>(null)
  const settled = state !== 'asking'
  useLayoutEffect(() => {
    if (title === undefined && settled) {
      heading.current?.focus({ preventScroll: true })
    }
  }, [title, id, settled])

  // The id of a merged contact leads to the one that it is part of now.
  const before = useRef<string>(undefined)
  const moved = contact !== undefined && contact.id !== id
  useEffect(() => {
    if (moved) {
      arrival.set({ id: contact.id, text: t.panel.mergedInto(before.current) })
      onMoved(contact.id)
    } else if (contact) {
      before.current = contact.displayName
    }
  }, [moved, contact])

  const name = moved ? undefined : contact?.displayName
  useEffect(() => {
    if (settled) {
      onName?.(name)
    }
  }, [name, settled])

  useEffect(() => () => leavePanel(id), [id])
  useLeading(id, contact)

  const Heading = level === 1 ? 'h1' : 'h2'
  return (
    <section className="contact-panel" data-contact={id} aria-labelledby="contact-name" aria-busy={state === 'asking' || undefined}>
      {children}
      {contact && !moved ? (
        <>
          <header className="contact-head">
            <Avatar id={contact.id} name={contact.displayName} />
            <div>
              {title !== undefined && (
                <Heading id="contact-name" ref={heading} tabIndex={-1} className="unseen">
                  {title}
                </Heading>
              )}
              {title === undefined ? (
                <Heading id="contact-name" ref={heading} tabIndex={-1} dir="auto" data-unnamed={contact.name === null || undefined}>
                  {contact.displayName}
                </Heading>
              ) : (
                <p className="contact-called" dir="auto">
                  {contact.displayName}
                </p>
              )}
              <p className="hint">
                {t.panel.since} <Ago at={contact.createdAt} />
                {contact.lastActivityAt && (
                  <>
                    {' · '}
                    {t.panel.lastActive} <Ago at={contact.lastActivityAt} />
                  </>
                )}
              </p>
            </div>
          </header>
          <PartLevel value={level === 1 ? 2 : 3}>
            <Body {...props} contact={contact} heading={heading} retry={retry} pagers={{ sessions, history, duplicates: duplicates.pager }} />
          </PartLevel>
        </>
      ) : (
        <Absent id={id} state={moved ? 'asking' : state} known={before.current} heading={heading} Heading={Heading} retry={retry} />
      )}
    </section>
  )
}

// A value that is not saved is led back to from elsewhere.
function useLeading(id: string, contact: Details | undefined): void {
  const led = useStore(leading)
  const open = useOpenContact(id)
  const known = contact ?? open
  useLayoutEffect(() => {
    if (led?.id === id && known) {
      leading.set(undefined)
      enter(known, led.field, undefined, 'panel')
    }
  }, [led, id, known])
}

interface AbsentProps {
  id: string
  state: 'asking' | 'there' | 'gone' | 'failed'
  /** The name of a contact that was there before. */
  known: string | undefined
  heading: RefObject<HTMLHeadingElement | null>
  Heading: 'h1' | 'h2'
  retry: () => void
}

// Absent says why there is no contact. What was typed into it can still be copied.
function Absent({ id, state, known, heading, Heading, retry }: AbsentProps) {
  const open = useOpenContact(id)
  const title = {
    asking: t.contact.loading,
    there: '',
    gone: known === undefined ? t.panel.notThere : t.panel.wasDeleted(known),
    failed: t.panel.notRead,
  }[state]
  return (
    <div className="contact-absent">
      <Heading id="contact-name" ref={heading} tabIndex={-1} className={state === 'asking' ? 'unseen' : undefined}>
        {title}
      </Heading>
      {state === 'asking' && (
        <div className="contact-bars" aria-hidden>
          <span className="bar" />
          <span className="bar" />
          <span className="bar" />
        </div>
      )}
      {state === 'gone' && <p>{known === undefined ? t.panel.notThereHint : t.panel.wasDeletedHint}</p>}
      {state === 'failed' && (
        <button type="button" onClick={retry}>
          {t.contact.tryAgain}
        </button>
      )}
      {state === 'gone' && open && fields.map((field) => <Typed key={field} id={id} field={field} contact={open} />)}
    </div>
  )
}

function Typed({ id, field, contact }: { id: string; field: Name; contact: Parameters<typeof Field>[0]['contact'] }) {
  return usePlace(editKey(id, field)) === 'panel' ? <Field contact={contact} field={field} editable /> : null
}

interface BodyProps extends PanelProps {
  contact: Details
  heading: RefObject<HTMLHeadingElement | null>
  retry: () => void
  pagers: {
    sessions: Parameters<typeof Sessions>[0]['pager']
    history: Parameters<typeof History>[0]['pager']
    duplicates: Parameters<typeof Duplicates>[0]['pager']
  }
}

type Doing = { what: 'merge'; other: string } | { what: 'split' } | { what: 'delete' }

function Body({ contact, heading, pagers, opened = '', onMoved, onDeleted, retry }: BodyProps) {
  const { id, identities } = contact
  const may = useMay()
  const loose = useStore(pagers.sessions.shown).rows.some(({ identity }) => identity === null)
  const splittable = identities.length > 1 || (identities.length === 1 && loose)
  const [doing, setDoing] = useState<Doing>()
  const opener = useRef<HTMLElement>(null)
  const start = (what: Doing, button: HTMLElement) => {
    opener.current = button
    setDoing(what)
  }
  const close = (to: HTMLElement | null) => {
    flushSync(() => setDoing(undefined))
    to?.focus({ preventScroll: true })
  }
  const cancel = () => close(opener.current?.isConnected ? opener.current : heading.current)
  const finish = () => close(heading.current) // the button is about to go

  return (
    <>
      <Arrived id={id} heading={heading} />
      {may.edit && contact.undoableMerge && <MergedLately merge={contact.undoableMerge} heading={heading} onUndone={retry} />}
      <div className="fields">
        {fields.map((field) => (
          <Field key={field} contact={contact} field={field} editable={may.edit} />
        ))}
        <Further title={t.panel.furtherEmails} values={contact.furtherEmails} emails />
        <Further title={t.panel.furtherPhones} values={contact.furtherPhones.map(spacedPhone)} />
      </div>
      <Duplicates
        id={id}
        pager={pagers.duplicates}
        editable={may.edit}
        onCompare={(other, button) => start({ what: 'merge', other }, button)}
      />
      <Sessions id={id} pager={pagers.sessions} opened={opened} />
      <Identities contact={contact} />
      <History id={id} pager={pagers.history} channels={new Map(identities.map(({ channel }) => [channel.id, channel.name]))} />
      {(may.edit || may.administer) && (
        <div className="contact-ways" role="group" aria-label={t.panel.actions}>
          {may.edit && splittable && (
            <button type="button" onClick={(event) => start({ what: 'split' }, event.currentTarget)}>
              {t.panel.splitContact}
            </button>
          )}
          {may.administer && (
            <button type="button" onClick={() => void exportContact(id).then(announce)}>
              {t.panel.export}
            </button>
          )}
          {may.edit && (
            <button type="button" className="deletes" onClick={(event) => start({ what: 'delete' }, event.currentTarget)}>
              {t.panel.delete}
            </button>
          )}
        </div>
      )}
      <Suspense>
        {doing?.what === 'merge' && (
          <MergeDialog
            ids={[id, doing.other]}
            onClose={cancel}
            onMerged={(survivor) => {
              finish()
              retry()
              if (survivor !== id) {
                onMoved(survivor)
              }
            }}
          />
        )}
        {doing?.what === 'split' && (
          <SplitDialog
            contact={contact}
            sessions={pagers.sessions}
            onClose={cancel}
            onOutdated={retry}
            onSplit={(other, text) => {
              arrival.set({ id, text, other })
              finish()
              retry()
            }}
          />
        )}
      </Suspense>
      {doing?.what === 'delete' && (
        <DeleteDialog
          contact={contact}
          onClose={cancel}
          onDeleted={() => {
            editing.forget(id)
            removeEverywhere(id)
            finish()
            onDeleted?.(id)
          }}
        />
      )}
    </>
  )
}

interface BannerProps {
  id: string
  heading: RefObject<HTMLHeadingElement | null>
}

// Arrived says what led here, until it is dismissed or another contact is shown.
function Arrived({ id, heading }: BannerProps) {
  const now = useStore(arrival)
  const here = now?.id === id ? now : undefined
  useEffect(() => {
    if (now && !here) {
      arrival.set(undefined)
    }
  }, [now, here])
  return (
    <div role="status">
      {here && (
        <div className="notice">
          <p>
            {here.text}{' '}
            {here.other && (
              <Link href={contactPath(here.other.id)} dir="auto">
                {here.other.name}
              </Link>
            )}
          </p>
          <button
            type="button"
            onClick={() => {
              arrival.set(undefined)
              heading.current?.focus({ preventScroll: true })
            }}
          >
            {t.panel.dismiss}
          </button>
        </div>
      )}
    </div>
  )
}

interface LatelyProps {
  merge: NonNullable<Details['undoableMerge']>
  heading: RefObject<HTMLHeadingElement | null>
  onUndone: () => void
}

// MergedLately leads back from the last merge into the contact.
function MergedLately({ merge, heading, onUndone }: LatelyProps) {
  const [busy, setBusy] = useState(false)
  async function undo() {
    setBusy(true)
    const { text, done } = await undoMerge(merge.mergeId)
    setBusy(false)
    announce(text)
    if (done) {
      heading.current?.focus({ preventScroll: true })
    }
    onUndone()
  }
  return (
    <div className="merged-lately">
      <p>
        {t.panel.mergedLately(merge.mergedContactIds.length)} <Ago at={merge.at} />
      </p>
      <button type="button" aria-disabled={busy || undefined} onClick={() => !busy && void undo()}>
        {t.panel.undoMerge}
      </button>
    </div>
  )
}

function Further({ title, values, emails = false }: { title: string; values: string[]; emails?: boolean }) {
  if (values.length === 0) {
    return null
  }
  return (
    <div className="field">
      <span className="label">{title}</span>
      <ul className="further">
        {values.map((value) => (
          <li key={value}>
            <bdi>{emails ? <Breakable email={value} /> : value}</bdi>
          </li>
        ))}
      </ul>
    </div>
  )
}

// Identities are the ids by which channels know the contact.
function Identities({ contact: { identities } }: { contact: Details }) {
  if (identities.length === 0) {
    return null
  }
  return (
    <section className="part" aria-labelledby="contact-identities">
      <PartHeading id="contact-identities">{t.panel.identities}</PartHeading>
      <ul className="entries">
        {identities.map(({ id, channel, displayName, externalId, createdAt }) => (
          <li key={id} className="identity">
            <span className="entry-line">
              <span className="entry-name">
                <ChannelIcon type={channel.type} /> <bdi>{channel.name}</bdi>
              </span>
              <span className="hint">
                <Ago at={createdAt} />
              </span>
            </span>
            {displayName && <bdi className="entry-text">{displayName}</bdi>}
            <bdi className="external" title={externalId}>
              {externalId}
            </bdi>
          </li>
        ))}
      </ul>
    </section>
  )
}
