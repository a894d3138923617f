import { number } from '../shared/time'
import { t } from '../texts/later'

const kinds = ['created', 'updated', 'unchanged', 'refused'] as const

/** Tally is how many rows had each outcome. */
export type Tally = Readonly<Record<(typeof kinds)[number], number>>

/** Counts shows a tally. */
export function Counts({ of }: { of: Tally }) {
  return (
    <dl className="counts">
      {kinds.map((kind) => (
        <div key={kind} data-bad={(kind === 'refused' && of.refused > 0) || undefined}>
          <dt>{t.imports.counts[kind]}</dt>
          <dd>{number(of[kind])}</dd>
        </div>
      ))}
    </dl>
  )
}
