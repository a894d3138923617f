import { type FormEvent, useState } from 'react'

import { announce } from '../shared/announce'
import { Dialog } from '../shared/dialog'
import { TextField } from '../shared/field'
import { reasonOf } from '../shared/refusal'
import { go } from '../shared/route'
import { t } from '../texts/later'
import { createView, type Outcome, updateView } from './saving'
import { openAddress, type View } from './view'
import type { Asking, Viewing } from './viewing'

/** Dialogs asks for a name, or what to do about a conflict. */
export function Dialogs({ viewing, asking }: { viewing: Viewing; asking: Asking }) {
  return 'conflict' in asking ? (
    <Conflict viewing={viewing} theirs={asking.conflict} />
  ) : (
    <Name viewing={viewing} view={asking.name} />
  )
}

// Name gives a list a name, or a view another one.
function Name({ viewing, view }: { viewing: Viewing; view: View | undefined }) {
  const [problem, setProblem] = useState('')
  const [busy, setBusy] = useState(false)
  const [version, setVersion] = useState(view?.version)
  const close = () => viewing.ask(undefined)

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const name = String(new FormData(event.currentTarget).get('name')).trim()
    if (busy) {
      return
    }
    setBusy(true)
    setProblem('')
    try {
      settle(
        view
          ? await updateView({ id: view.id, name, expectedVersion: version })
          : await createView(name, viewing.address),
      )
    } catch (error) {
      setProblem(reasonOf(error))
    }
    setBusy(false)
  }

  function settle(outcome: Outcome) {
    if ('problem' in outcome) {
      setProblem(outcome.problem)
    } else if (outcome.conflict) {
      setVersion(outcome.view.version)
      setProblem(t.views.changedMeanwhile(outcome.view.name))
    } else {
      close()
      if (view) {
        announce(t.views.renamed(outcome.view.name))
      } else {
        announce(t.views.saved(outcome.view.name))
        go(openAddress(outcome.view), viewing.gone ? 'replace' : 'push')
      }
    }
  }

  return (
    <Dialog title={view ? t.views.renameTitle(view.name) : t.views.saveTitle} returns onClose={close}>
      <form className="fields" onSubmit={(event) => void submit(event)}>
        <TextField
          label={t.views.name}
          hint={view ? undefined : t.views.nameHint}
          name="name"
          required
          maxLength={200}
          autoFocus
          dir="auto"
          defaultValue={view?.name}
          problem={problem}
        />
        <div className="choices">
          <button type="button" onClick={close}>
            {t.app.cancel}
          </button>
          <button type="submit" className="primary" disabled={busy}>
            {view ? t.views.rename : t.views.save}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

// Conflict is where somebody else has saved the view since it was opened.
function Conflict({ viewing, theirs }: { viewing: Viewing; theirs: View }) {
  const close = () => viewing.ask(undefined)
  return (
    <Dialog
      alert
      returns
      title={t.views.conflict(theirs.name)}
      description={<p>{t.views.conflictHint}</p>}
      onClose={close}
    >
      <div className="choices">
        <button type="button" onClick={close}>
          {t.app.cancel}
        </button>
        <button
          type="button"
          onClick={() => {
            close()
            go(openAddress(theirs))
          }}
        >
          {t.views.showTheirs}
        </button>
        <button type="button" onClick={() => viewing.ask({ name: undefined })}>
          {t.contacts.views.saveAs}
        </button>
        <button type="button" className="danger" onClick={() => void viewing.save(theirs.version)}>
          {t.views.overwrite}
        </button>
      </div>
    </Dialog>
  )
}
