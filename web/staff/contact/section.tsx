import { createContext, type ReactNode, useContext, useEffect, useId, useMemo } from 'react'

import { useStore } from '../shared/store'
import { Failure } from '../shared/waiting'
import { t } from '../texts/later'
import { type Ask, Pager } from '../shared/pager'

/** usePager is a list of a contact, asked for when it is shown first. */
export function usePager<Row extends { id: string }>(id: string, ask: (id: string) => Ask<Row>): Pager<Row> {
  const pager = useMemo(() => new Pager(ask(id)), [id])
  useEffect(() => {
    void pager.refresh()
    return () => pager.close()
  }, [pager])
  return pager
}

/** PartLevel is the level of the headings below the contact's name. */
export const PartLevel = createContext<2 | 3>(3)

/** PartHeading is the heading of a part of the contact. */
export function PartHeading({ id, children }: { id: string; children: ReactNode }) {
  const Heading = `h${useContext(PartLevel)}` as const
  return (
    <Heading id={id} className="part-heading">
      {children}
    </Heading>
  )
}

interface SectionProps<Row extends { id: string }> {
  title: string
  pager: Pager<Row>
  /** What an empty list says; without it, the whole section is left out. */
  none?: string
  row: (row: Row) => ReactNode
}

/** Section is a list with a heading, of which more is shown on demand. */
export function Section<Row extends { id: string }>({ title, pager, none, row }: SectionProps<Row>) {
  const { rows, more, ready, busy, failure } = useStore(pager.shown)
  const heading = useId()
  if (none === undefined && rows.length === 0 && failure === undefined) {
    return null
  }
  return (
    <section className="part" aria-labelledby={heading} aria-busy={busy || undefined}>
      <PartHeading id={heading}>{title}</PartHeading>
      {failure !== undefined && <Failure failure={failure} onRetry={() => void pager.refresh()} />}
      {rows.length > 0 ? (
        <ul className="entries">
          {rows.map((each) => (
            <li key={each.id}>{row(each)}</li>
          ))}
        </ul>
      ) : (
        <p className="nothing">{ready ? none : t.contact.loading}</p>
      )}
      {more && (
        // Not disabled while it works: the focus would be lost.
        <button type="button" className="quiet-button" aria-disabled={busy || undefined} onClick={() => !busy && void pager.more()}>
          {t.panel.more}
        </button>
      )}
    </section>
  )
}
