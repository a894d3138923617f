import { useId, useRef } from 'react'

import { t } from '../texts/texts'
import { announce } from './announce'

// A browser gives the clipboard to pages from a secure origin only. Elsewhere the older way may still work.
async function copied(text: string, field: HTMLTextAreaElement | HTMLInputElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    field.focus()
    field.select()
    return document.execCommand('copy')
  }
}

interface CopyableProps {
  label: string
  value: string
  /** More than a line. */
  long?: boolean
  hint?: string
}

/** Copyable is a value to paste elsewhere. Where it cannot be copied for the reader, it is selected. */
export function Copyable({ label, value, long, hint }: CopyableProps) {
  const id = useId()
  const field = useRef<HTMLTextAreaElement & HTMLInputElement>(null)
  async function copy() {
    announce((await copied(value, field.current!)) ? t.app.copied(label) : t.app.copyYourself)
  }
  const shared = {
    id,
    ref: field,
    value,
    readOnly: true,
    spellCheck: false,
    dir: 'ltr',
    'aria-describedby': hint ? `${id}-hint` : undefined,
    onFocus: () => field.current?.select(),
  }
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="copyable">
        {long ? <textarea rows={Math.min(value.split('\n').length, 8)} {...shared} /> : <input type="text" {...shared} />}
        <button type="button" aria-label={t.app.copyLabel(label)} onClick={() => void copy()}>
          {t.app.copy}
        </button>
      </div>
      {hint && (
        <p id={`${id}-hint`} className="hint">
          {hint}
        </p>
      )}
    </div>
  )
}
