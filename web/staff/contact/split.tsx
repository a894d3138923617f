import { type ReactNode, useId, useLayoutEffect, useRef, useState } from 'react'

import type { SplitContactMutation } from '../generated/graphql'
import { SplitContactDocument } from '../generated/later'
import { detailOf, Finder, type Found, useFound } from '../menu/finder'
import { Choice } from '../merge/choice'
import { mutate } from '../server/client'
import { mine } from '../server/echoes'
import { announce } from '../shared/announce'
import { Dialog } from '../shared/dialog'
import { ChannelIcon } from '../shared/icons'
import type { Pager } from '../shared/pager'
import { refusalOf } from '../shared/refusal'
import { useStore } from '../shared/store'
import { useThere } from '../shared/there'
import { Ago } from '../shared/time'
import { t } from '../texts/later'
import type { Details } from './details'
import type { ContactSession } from './sessions'
import '../style/merge.css'

const mostSessions = 100 // that the server moves together

interface SplitProps {
  contact: Details
  /** The contact's sessions. Those without an identity can be split off one by one. */
  sessions: Pager<ContactSession>
  onClose: () => void
  /** onOutdated is called when the server knows of changes that are not shown. */
  onOutdated: () => void
  /** onSplit is called with the contact that has it now, and with what leads to it. */
  onSplit: (other: { id: string; name: string }, text: string) => void
}

type Target = Pick<Found, 'id' | 'displayName'> & { detail: string }

/** SplitDialog gives channel ids with their sessions, and sessions that have none, to a new contact or to another one. */
export function SplitDialog({ contact, sessions, onClose, onOutdated, onSplit }: SplitProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [existing, setExisting] = useState(false)
  const [target, setTarget] = useState<Target>()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  const there = useThere()
  const shown = useStore(sessions.shown)
  const { identities } = contact
  const going = identities.filter(({ id }) => chosen.has(id))
  const loose = shown.rows.filter(({ identity }) => identity === null)
  const alone = loose.filter(({ id }) => chosen.has(id))
  const all = going.length > 0 && going.length === identities.length

  function toggle(id: string) {
    const next = new Set(chosen)
    if (!next.delete(id)) {
      next.add(id)
    }
    setChosen(next)
    setProblem('')
  }

  // What is missing before the server can be asked.
  const missing = all
    ? t.split.all
    : going.length + alone.length === 0
      ? t.split.nothing
      : alone.length > mostSessions
        ? t.split.tooManySessions
        : existing && !target
          ? t.split.nobody
          : ''

  async function split() {
    if (missing !== '') {
      setProblem(missing)
      return
    }
    setBusy(true)
    setProblem('')
    try {
      const { splitContact } = await mutate(SplitContactDocument, {
        input: {
          id: contact.id,
          expectedVersion: contact.version,
          identityIds: going.map(({ id }) => id),
          sessionIds: alone.map(({ id }) => id),
          into: existing ? target?.id : undefined,
        },
      })
      mine(splitContact.eventId)
      if (splitContact.split) {
        const { id, displayName: name } = splitContact.split
        announce(existing ? t.split.movedTo(name) : t.split.splitOff(name))
        if (there.current) {
          onSplit({ id, name }, existing ? t.split.nowIn : t.split.became)
        }
        return
      }
      setProblem(refused(splitContact.userErrors[0]))
    } catch (error) {
      setProblem(refusalOf(error, t.split.notSplit))
    }
    if (!there.current) {
      announce(t.split.notSplit)
    }
    setBusy(false)
  }

  // refused is why the server refused it. Everything that can still be meant stays chosen.
  function refused(error: SplitContactMutation['splitContact']['userErrors'][number] | undefined): string {
    if (target && error?.field?.at(-1) === 'into') {
      const { displayName: name } = target
      const survivor = error.code === 'MERGED' && error.contact?.id !== contact.id ? error.contact : null
      setTarget(survivor ? { ...survivor, detail: detailOf(survivor) } : undefined)
      return survivor
        ? t.split.merged(name, survivor.displayName)
        : error.code === 'MERGED'
          ? t.split.mergedHere(name)
          : t.split.gone(name)
    }
    switch (error?.code) {
      case 'LAST_IDENTITY':
        return t.split.together
      case 'TOO_MANY':
        return t.split.tooMany
      case 'CONFLICT':
      case 'INVALID': // it has other ids or sessions by now
        onOutdated()
        return t.split.changed
      default:
        onOutdated()
        return error?.message ?? t.split.notSplit
    }
  }

  const [before, after] = t.split.title
  return (
    <Dialog
      title={
        <>
          {before}
          <bdi>{contact.displayName}</bdi>
          {after}
        </>
      }
      description={<p>{t.split.hint}</p>}
      className="merge"
      onClose={onClose}
    >
      <div className="decisions" data-pair>
        <fieldset>
          <legend>{t.panel.identities}</legend>
          <div className="options">
            {identities.map(({ id, channel, displayName, externalId }) => (
              <Box key={id} checked={chosen.has(id)} onToggle={() => toggle(id)}>
                <span>
                  <ChannelIcon type={channel.type} /> <bdi>{channel.name}</bdi>
                </span>
                <span className="hint">
                  <bdi>{displayName ?? externalId}</bdi>
                </span>
              </Box>
            ))}
          </div>
        </fieldset>
        {loose.length > 0 && (
          <fieldset>
            <legend>{t.split.loose}</legend>
            <div className="options">
              {loose.map(({ id, channel, lastMessageAt, lastMessagePreview }) => (
                <Box key={id} checked={chosen.has(id)} onToggle={() => toggle(id)}>
                  <span>
                    <ChannelIcon type={channel.type} /> <bdi>{channel.name}</bdi> · <Ago at={lastMessageAt} />
                  </span>
                  <span className="hint" dir="auto">
                    {lastMessagePreview ?? t.panel.noText}
                  </span>
                </Box>
              ))}
            </div>
            {shown.more && (
              <button
                type="button"
                className="quiet-button"
                aria-disabled={shown.busy || undefined}
                onClick={() => !shown.busy && void sessions.more()}
              >
                {t.split.more}
              </button>
            )}
          </fieldset>
        )}
        <Choice
          legend={t.split.where}
          chosen={existing ? 'existing' : 'new'}
          onChoose={(id) => {
            setExisting(id === 'existing')
            setProblem('')
          }}
          options={[
            { id: 'new', content: t.split.toNew },
            { id: 'existing', content: t.split.toExisting },
          ]}
        />
        {existing && (
          <Whom
            except={contact.id}
            target={target}
            onChoose={(target) => {
              setTarget(target)
              setProblem('')
            }}
          />
        )}
      </div>
      <p className="problem" role="alert">
        {problem || (all ? t.split.all : '')}
      </p>
      <div className="choices">
        <button type="button" onClick={onClose}>
          {t.contact.cancel}
        </button>
        <button
          type="button"
          className="primary"
          aria-disabled={busy || missing !== '' || undefined}
          onClick={() => !busy && void split()}
        >
          {busy ? t.split.splitting : t.split.split}
        </button>
      </div>
    </Dialog>
  )
}

interface BoxProps {
  checked: boolean
  onToggle: () => void
  children: ReactNode
}

function Box({ checked, onToggle, children }: BoxProps) {
  return (
    <label className="option" data-chosen={checked || undefined}>
      <input type="checkbox" checked={checked} onChange={onToggle} />
      <span className="content">{children}</span>
    </label>
  )
}

interface WhomProps {
  /** The contact that cannot be chosen. */
  except: string
  target: Target | undefined
  onChoose: (target: Target | undefined) => void
}

// Whom is the contact that gets what is split off, found by what is typed.
function Whom({ except, target, onChoose }: WhomProps) {
  const [text, setText] = useState('')
  const found = useFound(target ? '' : text.trim())
  const place = useRef<HTMLDivElement>(null)
  const name = useId()

  // The focus goes from the field to the button that is in its place, and back.
  const moving = useRef(false)
  useLayoutEffect(() => {
    if (moving.current) {
      moving.current = false
      place.current?.querySelector<HTMLElement>('button, input')?.focus()
    }
  }, [target])
  function choose(next: Target | undefined) {
    moving.current = true
    onChoose(next)
  }

  const others = found.contacts.filter(({ id }) => id !== except)
  return (
    <div ref={place} className="whom">
      {target ? (
        <div className="option" data-chosen>
          <span className="content">
            <bdi id={name} className="strong">
              {target.displayName}
            </bdi>
            <span className="hint">
              <bdi>{target.detail}</bdi>
            </span>
          </span>
          <button type="button" aria-describedby={name} onClick={() => choose(undefined)}>
            {t.split.another}
          </button>
        </div>
      ) : (
        <Finder
          title={t.split.found}
          placeholder={t.split.find}
          text={text}
          groups={[
            {
              id: 'contacts',
              title: t.menu.contacts,
              choices: others.map((each) => ({
                id: each.id,
                name: each.displayName,
                detail: detailOf(each),
                run: () => choose({ ...each, detail: detailOf(each) }),
              })),
            },
          ]}
          found={found}
          onText={setText}
          onChoose={({ run }) => run()}
        />
      )}
    </div>
  )
}
