// The panel in which contacts are chosen: every condition that the server knows. It is loaded when it is opened.

import { type ReactNode, useId, useState } from 'react'

import { channelNames, ChannelIcon } from '../shared/icons'
import { locale, t } from '../texts/texts'
import { useChannels } from './channels'
import { channelTypes, type Filter, type Flag, flags, isDay, withFlag, withTimes } from './filter'

interface ChoicesProps {
  filter: Filter
  onChange: (filter: Filter, how?: 'push' | 'replace') => void
}

export default function Choices({ filter, onChange }: ChoicesProps) {
  const channels = useChannels(true)
  const { filters } = t.contacts
  return (
    <div className="choices-of">
      <Group name={filters.subjects.types}>
        {channelTypes.map((type) => (
          <Toggle
            key={type}
            label={channelNames[type]}
            pressed={filter.types.includes(type)}
            onChange={() => onChange({ ...filter, types: toggled(filter.types, type) })}
          >
            <ChannelIcon type={type} /> {channelNames[type]}
          </Toggle>
        ))}
      </Group>
      {channels && channels.length > 1 && (
        <Group name={filters.subjects.channels}>
          {[...channels]
            .sort((a, b) => a.name.localeCompare(b.name, locale))
            .map(({ id, name, type }) => (
              <Toggle
                key={id}
                pressed={filter.channels.includes(id)}
                onChange={() => onChange({ ...filter, channels: toggled(filter.channels, id).sort() })}
              >
                <ChannelIcon type={type} /> <bdi>{name}</bdi>
              </Toggle>
            ))}
        </Group>
      )}
      <div className="flags">
        {flags.map((flag) => (
          <FlagChoice
            key={flag}
            flag={flag}
            value={filter.flags[flag]}
            onChange={(value) => onChange(withFlag(filter, flag, value))}
          />
        ))}
      </div>
      <Times kind="active" filter={filter} onChange={onChange} />
      <Times kind="created" filter={filter} onChange={onChange} />
    </div>
  )
}

function Group({ name, children }: { name: string; children: ReactNode }) {
  const id = useId()
  return (
    <div className="choice" role="group" aria-labelledby={id}>
      <span className="choice-name" id={id}>
        {name}
      </span>
      <div className="choice-values">{children}</div>
    </div>
  )
}

interface ToggleProps {
  /** Its name, where that is less than what it shows. */
  label?: string
  pressed: boolean
  onChange: () => void
  children: ReactNode
}

function Toggle({ label, pressed, onChange, children }: ToggleProps) {
  return (
    <button type="button" className="toggle" aria-label={label} aria-pressed={pressed} onClick={onChange}>
      {children}
    </button>
  )
}

interface FlagProps {
  flag: Flag
  value: boolean | undefined
  onChange: (value: boolean | undefined) => void
}

function FlagChoice({ flag, value, onChange }: FlagProps) {
  const name = useId()
  const { filters } = t.contacts
  const option = (label: string, means: boolean | undefined) => (
    <label>
      <input type="radio" name={name} checked={value === means} onChange={() => onChange(means)} />
      <span>{label}</span>
    </label>
  )
  return (
    <fieldset className="choice">
      <legend className="choice-name">{filters.flagNames[flag]}</legend>
      <div className="segments">
        {option(filters.either, undefined)}
        {option(filters.yes, true)}
        {option(filters.no, false)}
      </div>
    </fieldset>
  )
}

const after = ['0d', '7d', '30d', '90d']
const before = ['30d', '90d', '365d']

interface TimesProps extends ChoicesProps {
  kind: 'active' | 'created'
}

// Times is a stretch of time: one that is counted from today, or two days.
function Times({ kind, filter, onChange }: TimesProps) {
  const from = filter.times[`${kind}-after`]
  const until = filter.times[`${kind}-before`]
  const known =
    from === undefined && until === undefined
      ? ''
      : from !== undefined && until === undefined && after.includes(from)
        ? `after:${from}`
        : from === undefined && until !== undefined && before.includes(until)
          ? `before:${until}`
          : 'days'
  const [byDays, setByDays] = useState(known === 'days')
  const { filters } = t.contacts
  const id = useId()

  function choose(value: string) {
    setByDays(value === 'days')
    const [end, time] = value.split(':')
    if (value !== 'days') {
      onChange(withTimes(filter, kind, end === 'after' ? { after: time } : { before: time }))
    }
  }

  return (
    <div className="choice" role="group" aria-labelledby={id}>
      <span className="choice-name" id={id}>
        {filters.subjects[kind]}
      </span>
      <div className="choice-values">
        <select
          aria-labelledby={id}
          value={byDays ? 'days' : known}
          onChange={(event) => choose(event.currentTarget.value)}
        >
          <option value="">{filters.anyTime}</option>
          {after.map((time) => (
            <option key={time} value={`after:${time}`}>
              {filters.lastDays(parseInt(time, 10))}
            </option>
          ))}
          {before.map((time) => (
            <option key={time} value={`before:${time}`}>
              {filters.daysAgo(parseInt(time, 10))}
            </option>
          ))}
          <option value="days">{filters.byDays}</option>
        </select>
        {(byDays || known === 'days') && (
          <div className="two-days">
            <Day
              label={filters.fromDay}
              value={from}
              onChange={(time) => onChange(withTimes(filter, kind, { after: time, before: until }), 'replace')}
            />
            <Day
              label={filters.untilDay}
              value={until}
              onChange={(time) => onChange(withTimes(filter, kind, { after: from, before: time }), 'replace')}
            />
          </div>
        )}
      </div>
    </div>
  )
}

interface DayProps {
  label: string
  value: string | undefined
  onChange: (day: string | undefined) => void
}

// A year is typed figure by figure: only whole ones are taken.
function Day({ label, value, onChange }: DayProps) {
  const shown = value !== undefined && isDay(value) ? value : ''
  const [typed, setTyped] = useState(shown)
  const [last, setLast] = useState(shown)
  if (shown !== last) {
    setLast(shown)
    setTyped(shown)
  }
  return (
    <label>
      {label}
      <input
        type="date"
        value={typed}
        max="2999-12-31"
        onChange={(event) => {
          const { value: next, validity } = event.currentTarget
          setTyped(next)
          if (next === '' && !validity.badInput) {
            onChange(undefined)
          } else if (isDay(next)) {
            onChange(next)
          }
        }}
      />
    </label>
  )
}

function toggled<Value>(list: readonly Value[], value: Value): Value[] {
  return list.includes(value) ? list.filter((each) => each !== value) : [...list, value]
}
