import { type ReactNode, useId } from 'react'

import { Breakable } from '../shared/breakable'
import { ChannelIcon } from '../shared/icons'
import { Link } from '../shared/route'
import { Ago } from '../shared/time'
import { t } from '../texts/later'
import { compare, type One, type Pair, sidesOf } from './pairs'

interface PairCardProps {
  pair: Pair
  /** Whether the keys are for this one. */
  current: boolean
  busy: boolean
  problem: string | undefined
  /** What can be done, for those who may. */
  onMerge?: () => void
  onDismiss?: () => void
  onCompare?: () => void
  onEnter: () => void
}

/** PairCard shows two contacts side by side, and why they may be one person. */
export function PairCard({ pair, current, busy, problem, onMerge, onDismiss, onCompare, onEnter }: PairCardProps) {
  const id = useId()
  const sides = sidesOf(pair)
  if (!sides) {
    return null
  }
  const both = [sides.survivor, sides.other] as const
  const text = (name: string, read: (contact: One) => string | null, mark?: (contact: One) => boolean, email = false) => {
    const { values, differs } = compare(sides, read)
    return values.some((value) => value) ? (
      <Compared name={name} differs={differs}>
        {both.map((contact, index) => (
          <td key={contact.id} dir="auto">
            {values[index] ? email ? <Breakable email={values[index]} /> : values[index] : <span className="none">{t.app.none}</span>}
            {values[index] && mark?.(contact) && <span className="verified"> {t.inbox.verified}</span>}
          </td>
        ))}
      </Compared>
    ) : null
  }
  return (
    <li
      className="pair"
      tabIndex={current ? 0 : -1}
      aria-labelledby={`${id}-names ${id}-why`}
      data-row={pair.id}
      data-current={current || undefined}
      aria-busy={busy || undefined}
      onFocus={onEnter}
    >
      <p id={`${id}-why`} className="why">
        {pair.reasons.map((reason) => (
          <span key={reason}>{t.inbox.reasons[reason]}</span>
        ))}
        <Ago at={pair.at} />
      </p>
      <table>
        <thead>
          <tr id={`${id}-names`}>
            <td />
            {both.map((contact, index) => (
              <th key={contact.id} scope="col">
                <Link href={`/staff/contacts/${contact.id}`} dir="auto">
                  {contact.displayName}
                </Link>
                {index === 0 && <span className="stays">{t.inbox.stays}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {text(t.inbox.name, ({ name }) => name)}
          {text(t.inbox.email, ({ email }) => email, ({ emailVerified }) => emailVerified, true)}
          {text(t.inbox.furtherEmails, ({ furtherEmails }) => furtherEmails.join(', '), undefined, true)}
          {text(t.inbox.phone, ({ phoneInternational }) => phoneInternational, ({ phoneVerified }) => phoneVerified)}
          {text(t.inbox.furtherPhones, ({ furtherPhones }) => furtherPhones.join(', '))}
          {text(t.inbox.notes, ({ notes }) => notes)}
          <Compared name={t.inbox.channels} differs={false}>
            {both.map(({ id, identities }) => (
              <td key={id}>
                {identities.map(({ channel }, index) => (
                  <ChannelIcon key={index} type={channel.type} name={channel.name} />
                ))}
              </td>
            ))}
          </Compared>
          <Compared name={t.inbox.lastActivity} differs={false}>
            {both.map(({ id, lastActivityAt }) => (
              <td key={id}>
                {lastActivityAt ? <Ago at={lastActivityAt} /> : <span className="none">{t.app.none}</span>}
              </td>
            ))}
          </Compared>
        </tbody>
      </table>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {onMerge && (
        <div className="choices">
          <button type="button" className="primary" disabled={busy} aria-keyshortcuts="M" onClick={onMerge}>
            {t.inbox.merge} <kbd aria-hidden>M</kbd>
          </button>
          <button type="button" disabled={busy} onClick={onCompare}>
            {t.inbox.compare} <kbd aria-hidden>{t.menu.keyNames.Enter}</kbd>
          </button>
          <button type="button" disabled={busy} aria-keyshortcuts="N" onClick={onDismiss}>
            {t.inbox.notSame} <kbd aria-hidden>N</kbd>
          </button>
        </div>
      )}
    </li>
  )
}

function Compared({ name, differs, children }: { name: string; differs: boolean; children: ReactNode }) {
  return (
    <tr data-differs={differs || undefined}>
      <th scope="row">
        {name}
        {differs && <span className="unseen"> {t.inbox.differs}</span>}
      </th>
      {children}
    </tr>
  )
}
