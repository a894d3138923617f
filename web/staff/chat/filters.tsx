import { type ReactNode, useEffect, useState } from 'react'
import { useQuery } from 'urql'

import { ContactDocument, type SessionCountsQuery } from '../generated/graphql'
import { ChannelIcon, CrossIcon } from '../shared/icons'
import { narrow, useMedia } from '../shared/media'
import { number } from '../shared/time'
import { locale, t } from '../texts/texts'
import { type Filter, toggled } from './filter'
import { FindContact } from './find'
import { statuses, tags } from './words'

interface FiltersProps {
  filter: Filter
  counts: SessionCountsQuery['sessionCounts'] | undefined
  onChange: (filter: Filter, how?: 'push' | 'replace') => void
}

/** Filters are the pills that choose sessions, each with how many it would show. */
export function Filters({ filter, counts, onChange }: FiltersProps) {
  const small = useMedia(narrow)
  const [open, setOpen] = useState(false)
  const chosen = filter.status.length + filter.tag.length + filter.channel.length + (filter.unread ? 1 : 0)

  const pills = (
    <>
      <Group name={t.chat.status}>
        {statuses.map((status) => (
          <Pill
            key={status}
            count={counts?.statuses.find((each) => each.status === status)?.count}
            chosen={filter.status.includes(status)}
            onChoose={() => onChange({ ...filter, status: toggled(filter.status, status) })}
          >
            {t.chat.statuses[status]}
          </Pill>
        ))}
      </Group>
      <Group name={t.chat.tag}>
        {tags.map((tag) => (
          <Pill
            key={tag}
            count={counts?.tags.find((each) => each.tag === tag)?.count}
            chosen={filter.tag.includes(tag)}
            onChoose={() => onChange({ ...filter, tag: toggled(filter.tag, tag) })}
          >
            {t.chat.tags[tag]}
          </Pill>
        ))}
      </Group>
      <Group name={t.chat.channel}>
        {[...(counts?.channels ?? [])]
          .sort((a, b) => a.channel.name.localeCompare(b.channel.name, locale))
          .map(({ channel, count }) => (
            <Pill
              key={channel.id}
              count={count}
              chosen={filter.channel.includes(channel.id)}
              onChoose={() => onChange({ ...filter, channel: toggled(filter.channel, channel.id) })}
            >
              <ChannelIcon type={channel.type} /> <bdi>{channel.name}</bdi>
            </Pill>
          ))}
      </Group>
    </>
  )
  return (
    <div className="filters">
      <div className="chips">
          {filter.contact === '' && <FindContact onChoose={(contact) => onChange({ ...filter, contact })} />}
          {small && (
            <button type="button" aria-expanded={open} aria-controls="pills" onClick={() => setOpen(!open)}>
              {t.chat.filters(chosen)}
            </button>
          )}
          {filter.contact !== '' && (
            <Chip
              id={filter.contact}
              onMerged={(contact) => onChange({ ...filter, contact }, 'replace')}
              onRemove={() => onChange({ ...filter, contact: '' })}
            />
          )}
          <Pill count={undefined} chosen={filter.unread} onChoose={() => onChange({ ...filter, unread: !filter.unread })}>
            {t.chat.onlyUnread}
          </Pill>
          {chosen > 0 && (
            <button
              type="button"
              className="link"
              onClick={() => onChange({ ...filter, unread: false, status: [], tag: [], channel: [] })}
            >
              {t.chat.clear}
            </button>
          )}
      </div>
      <div className="pills" id="pills" hidden={small && !open}>
        {pills}
      </div>
    </div>
  )
}

function Group({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="group" role="group" aria-label={t.chat.filterBy(name)}>
      <span className="group-name" aria-hidden>
        {name}
      </span>
      {children}
    </div>
  )
}

interface PillProps {
  count: number | undefined
  chosen: boolean
  onChoose: () => void
  children: ReactNode
}

function Pill({ count, chosen, onChoose, children }: PillProps) {
  return (
    <button
      type="button"
      className="pill"
      aria-pressed={chosen}
      data-none={count === 0 || undefined}
      onClick={onChoose}
    >
      {children} <span className="pill-count">{count === undefined ? '' : number(count)}</span>
    </button>
  )
}

interface ChipProps {
  id: string
  /** onMerged is called with the id of the contact that this one was merged into. */
  onMerged: (id: string) => void
  onRemove: () => void
}

// Chip names the contact whose sessions are shown, and lets them go.
function Chip({ id, onMerged, onRemove }: ChipProps) {
  const [{ data, fetching }] = useQuery({
    query: ContactDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const current = data?.contact?.id ?? id
  useEffect(() => {
    if (current !== id) {
      onMerged(current)
    }
  }, [current])
  const name = data?.contact?.displayName ?? (fetching ? '…' : t.chat.gone)
  return (
    <span className="chip">
      <span>
        {t.chat.contactIs} <bdi>{name}</bdi>
      </span>
      <button type="button" aria-label={t.chat.everybody(name)} onClick={onRemove}>
        <CrossIcon />
      </button>
    </span>
  )
}
