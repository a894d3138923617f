// How the table is arranged: columns, their widths, the height of rows. It is loaded when it is opened.

import { useId } from 'react'

import { t } from '../texts/texts'
import { type AsQuery, useListAsQuery } from './as-query'
import { ExportAll } from './export-all'
import { arrange, type Column, hideable, hiding, narrowest, sizeable, sized, standard, useLayout } from './columns'

interface OptionsProps extends AsQuery {
  onHide: (hidden: readonly Column[]) => void
}

export default function Options({ hidden, onHide, asked }: OptionsProps) {
  const query = useListAsQuery({ asked, hidden })
  const layout = useLayout()
  const { table } = t.contacts
  const name = useId()
  const density = (label: string, dense: boolean) => (
    <label>
      <input
        type="radio"
        name={name}
        checked={layout.dense === dense}
        onChange={() => arrange({ ...layout, dense })}
      />
      <span>{label}</span>
    </label>
  )
  return (
    <div className="choices-of">
      <fieldset className="choice">
        <legend className="choice-name">{table.rows}</legend>
        <div className="segments">
          {density(table.comfortable, false)}
          {density(table.dense, true)}
        </div>
      </fieldset>
      <ul className="column-list">
        {sizeable.map((column) => {
          const shown = !hidden.includes(column)
          return (
            <li key={column}>
              <label>
                <input
                  type="checkbox"
                  checked={shown}
                  disabled={!(hideable as readonly Column[]).includes(column)}
                  onChange={(event) => onHide(hiding(hidden, column, event.currentTarget.checked))}
                />
                {table.columns[column]}
              </label>
              {shown && (
                <input
                  type="range"
                  aria-label={table.widthOf(table.columns[column])}
                  min={narrowest}
                  max={500}
                  step={10}
                  value={layout.widths[column] ?? 160}
                  data-unset={layout.widths[column] === undefined || undefined}
                  onChange={(event) => arrange(sized(layout, column, Number(event.currentTarget.value)))}
                />
              )}
            </li>
          )
        })}
      </ul>
      <button
        type="button"
        onClick={() => {
          arrange(standard)
          onHide(standard.hidden)
        }}
      >
        {table.reset}
      </button>
      <ExportAll asked={asked} />
      {query !== undefined && (
        <a href={query} target="_blank" rel="noopener">
          {table.asQuery}
        </a>
      )}
    </div>
  )
}
