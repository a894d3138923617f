import { type ReactNode, useId } from 'react'

import '../style/merge.css'

interface ChoiceProps {
  legend: string
  hint?: string
  chosen: string
  onChoose: (id: string) => void
  options: { id: string; disabled?: boolean; content: ReactNode }[]
}

/** Choice is one of some options, each a card. */
export function Choice({ legend, hint, chosen, onChoose, options }: ChoiceProps) {
  const name = useId()
  const described = useId()
  return (
    <fieldset aria-describedby={hint && described}>
      <legend>{legend}</legend>
      {hint && (
        <p className="hint" id={described}>
          {hint}
        </p>
      )}
      <div className="options">
        {options.map(({ id, disabled, content }) => (
          <label key={id} className="option" data-chosen={id === chosen || undefined} data-disabled={disabled || undefined}>
            <input
              type="radio"
              name={name}
              value={id}
              checked={id === chosen}
              disabled={disabled}
              onChange={() => onChoose(id)}
            />
            <span className="content">{content}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
