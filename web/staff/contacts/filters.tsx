// What chooses the contacts in the table, beside the search: a chip for each condition, and a panel to choose them in.

import { type ReactNode, Suspense, useRef } from 'react'

import { channelNames, CrossIcon, FilterIcon } from '../shared/icons'
import { part } from '../shared/later'
import { day } from '../shared/time'
import { t } from '../texts/texts'
import { useChannels } from './channels'
import { days, type Filter, type Part, partsOf, unfiltered, without } from './filter'
import { Popover } from './popover'
import '../style/filters.css'

const Choices = part(async () => (await import('./choices')).default)

interface FiltersProps {
  filter: Filter
  onChange: (filter: Filter, how?: 'push' | 'replace') => void
  /** More controls, at the start of the line and at its end. */
  start?: ReactNode
  children?: ReactNode
}

/** Filters are the conditions that are set, and the way to set others. */
export function Filters({ filter, onChange, start, children }: FiltersProps) {
  const line = useRef<HTMLDivElement>(null)
  const parts = partsOf(filter)
  const channels = useChannels(filter.channels.length > 0)

  // The button that was pressed goes with its chip; the focus goes on to the one before all of them.
  function change(next: Filter) {
    onChange(next)
    line.current?.querySelector<HTMLElement>('.filter .tool')?.focus()
  }

  const words = (part: Part): string => {
    const { filters } = t.contacts
    switch (part) {
      case 'types':
        return filters.any(filter.types.map((each) => channelNames[each]))
      case 'channels':
        return filters.any(
          filter.channels.map((id) => channels?.find((each) => each.id === id)?.name ?? (channels ? filters.gone : '…')),
        )
      case 'active':
      case 'created':
        return span(filter.times[`${part}-after`], filter.times[`${part}-before`])
      default:
        return filter.flags[part] ? filters.flags[part][0] : filters.flags[part][1]
    }
  }
  const subject = (part: Part): string | undefined =>
    part === 'types' || part === 'channels' || part === 'active' || part === 'created'
      ? t.contacts.filters.subjects[part]
      : undefined

  return (
    <div className="filter-line" ref={line}>
      {start}
      <Popover
        className="filter"
        label={t.contacts.filters.button}
        button={
          <>
            <FilterIcon />
            <span className="tool-name">{t.contacts.filters.button}</span>
          </>
        }
      >
        {() => (
          <Suspense>
            <Choices filter={filter} onChange={onChange} />
          </Suspense>
        )}
      </Popover>
      {parts.length > 0 && (
        <ul className="conditions" aria-label={t.contacts.filters.set}>
          {parts.map((part) => {
            const text = words(part)
            const about = subject(part)
            return (
              <li key={part} className="condition">
                <span>
                  {about && <span className="about">{about} </span>}
                  <bdi>{text}</bdi>
                </span>
                <button
                  type="button"
                  aria-label={t.contacts.filters.clear(about ? `${about} ${text}` : text)}
                  title={t.contacts.filters.clear(about ? `${about} ${text}` : text)}
                  onClick={() => change(without(filter, part))}
                >
                  <CrossIcon />
                </button>
              </li>
            )
          })}
        </ul>
      )}
      {parts.length > 1 && (
        <button type="button" className="link" onClick={() => change(unfiltered)}>
          {t.contacts.filters.clearAll}
        </button>
      )}
      <span className="tools-at-end">{children}</span>
    </div>
  )
}

// span is a stretch of time in words.
function span(after: string | undefined, before: string | undefined): string {
  const { filters } = t.contacts
  const since = after === undefined ? undefined : days(after)
  const until = before === undefined ? undefined : days(before)
  const parts = [
    after !== undefined && (since === undefined ? filters.from(day(after)) : filters.lastDays(since)),
    before !== undefined && (until === undefined ? filters.until(day(before)) : filters.daysAgo(until)),
  ]
  return parts.filter(Boolean).join(', ')
}
