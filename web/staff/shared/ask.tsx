import { type ReactNode, useState } from 'react'

import { t } from '../texts/texts'
import { Dialog } from './dialog'
import { reasonOf } from './refusal'

interface AskProps {
  title: ReactNode
  /** What the button says that does it. */
  verb: string
  /** act does it. A sentence that it resolves to says why it could not be done; without one, the dialog closes. */
  act: () => Promise<string | undefined>
  onClose: () => void
  children: ReactNode
}

/** Ask asks once more before something is done for good, and says why it could not be done. */
export function Ask({ title, verb, act, onClose, children }: AskProps) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  async function confirm() {
    setBusy(true)
    setProblem('')
    const refused = await act().catch(reasonOf)
    setBusy(false)
    if (refused === undefined) {
      onClose()
    } else {
      setProblem(refused)
    }
  }
  return (
    <Dialog title={title} alert returns description={children} onClose={onClose}>
      <p className="problem" role="alert">
        {problem}
      </p>
      <div className="choices">
        <button type="button" onClick={onClose}>
          {t.app.cancel}
        </button>
        <button type="button" className="danger" disabled={busy} onClick={() => void confirm()}>
          {verb}
        </button>
      </div>
    </Dialog>
  )
}
