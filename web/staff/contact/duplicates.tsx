import { useEffect, useMemo } from 'react'
import type { DuplicatesOfQuery } from '../generated/graphql'
import { DuplicatesOfDocument } from '../generated/later'
import { query } from '../server/client'
import { afterComparing } from '../shared/compared'
import { Link } from '../shared/route'
import { t } from '../texts/later'
import { Avatar } from './avatar'
import type { Ask, Pager } from '../shared/pager'
import { shownPhone } from './phone'
import { contactPath } from './place'
import { Section, usePager } from './section'

/** Duplicate is a pair that may be one person. */
export type Duplicate = DuplicatesOfQuery['duplicates']['nodes'][number]

// askDuplicates asks for the pairs that a contact is in, the most certain first.
const askDuplicates =
  (id: string): Ask<Duplicate> =>
  async (args, signal) =>
    (await query(DuplicatesOfDocument, { id, ...args }, signal)).duplicates

/** useDuplicates reads the pairs of a contact, and those that are found for what changed just before. */
export function useDuplicates(id: string): { pager: Pager<Duplicate>; refresh: () => void } {
  const pager = usePager(id, askDuplicates)
  const later = useMemo(() => afterComparing(() => void pager.refresh()), [pager])
  useEffect(() => {
    later.ask()
    return later.stop
  }, [later])
  const refresh = () => {
    void pager.refresh()
    later.ask()
  }
  return { pager, refresh }
}

interface DuplicatesProps {
  id: string
  pager: Pager<Duplicate>
  editable: boolean
  onCompare: (other: string, button: HTMLElement) => void
}

/** Duplicates are the contacts that may be the same person as this one. */
export function Duplicates({ id, pager, editable, onCompare }: DuplicatesProps) {
  return (
    <Section
      title={t.panel.duplicates}
      pager={pager}
      row={({ contacts, reasons }) => {
        const other = contacts.find((each) => each.id !== id)
        return (
          other && (
            <div className="duplicate">
              <Avatar id={other.id} name={other.displayName} />
              <div className="duplicate-text">
                <Link href={contactPath(other.id)} dir="auto">
                  {other.displayName}
                </Link>
                <span className="hint">
                  {[other.email, other.phone && shownPhone(other.phone, other)].filter(Boolean).join(' · ')}
                </span>
                <span className="hint">{reasons.map((reason) => t.duplicates.reasons[reason]).join(' ')}</span>
              </div>
              {editable && (
                <button
                  type="button"
                  aria-label={t.panel.compareWith(other.displayName)}
                  onClick={(event) => onCompare(other.id, event.currentTarget)}
                >
                  {t.panel.compare}
                </button>
              )}
            </div>
          )
        )
      }}
    />
  )
}
