import { type FormEvent, useEffect, useState } from 'react'

import type { Role, WorkspaceRowFragment } from '../generated/graphql'
import { UpdateWorkspaceDocument, WorkspaceDocument } from '../generated/later'
import { mutate, query } from '../server/client'
import { announce } from '../shared/announce'
import { Field, TextField } from '../shared/field'
import { reasonOf } from '../shared/refusal'
import { useTitle } from '../shared/title'
import { useSlow } from '../shared/waiting'
import { t } from '../texts/later'
import { daysOf, shownDays } from './days'
import '../style/admin.css'

const exporters: readonly Role[] = ['ADMIN', 'STAFF', 'READER']
const maskable: readonly Role[] = ['STAFF', 'READER']

/** SettingsPage shows what the workspace decides for itself, and changes it. */
export function SettingsPage() {
  useTitle(t.settings.title)
  const [workspace, setWorkspace] = useState<WorkspaceRowFragment>()
  const [failed, setFailed] = useState('')
  const [tries, setTries] = useState(0)
  const slow = useSlow(workspace === undefined && failed === '')
  useEffect(() => {
    setFailed('')
    query(WorkspaceDocument, {}).then(
      (answer) => setWorkspace(answer.workspace),
      (error: unknown) => setFailed(reasonOf(error)),
    )
  }, [tries])
  return (
    <main className="admin">
      <header className="bar">
        <h1>{t.settings.title}</h1>
        <p className="count">{workspace?.name}</p>
      </header>
      <div className="progress" data-slow={slow || undefined} aria-hidden />
      <div className="page">
        {failed !== '' && (
          <p className="notice" role="alert">
            {failed}{' '}
            <button type="button" onClick={() => setTries(tries + 1)}>
              {t.settings.again}
            </button>
          </p>
        )}
        {workspace && <Form key={workspace.revision} workspace={workspace} onSaved={setWorkspace} />}
      </div>
    </main>
  )
}

interface FormProps {
  workspace: WorkspaceRowFragment
  /** Hears of the settings as they are now. */
  onSaved: (workspace: WorkspaceRowFragment) => void
}

function Form({ workspace, onSaved }: FormProps) {
  const [problems, setProblems] = useState<Record<string, string>>({})
  const [busy, setBusy] = useState(false)
  const { retention, serverDefaults } = workspace
  if (!retention || !serverDefaults) {
    return null // of admins alone, as the page is
  }

  async function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const values = new FormData(event.currentTarget)
    const text = (name: string) => (values.get(name) as string).trim()
    if (busy) {
      return
    }
    setBusy(true)
    setProblems({})
    try {
      const { updateWorkspace } = await mutate(UpdateWorkspaceDocument, {
        input: {
          displayName: text('displayName') || null,
          defaultRegion: text('defaultRegion') || null,
          exportRole: text('exportRole') as Role,
          maskedFor: values.getAll('maskedFor') as Role[],
          historyDays: daysOf(text('historyDays')),
          auditDays: daysOf(text('auditDays')),
          failureDays: daysOf(text('failureDays')),
          expectedRevision: workspace.revision,
        },
      })
      const { userErrors } = updateWorkspace
      if (userErrors.length === 0) {
        announce(t.settings.saved)
      }
      if (updateWorkspace.workspace && updateWorkspace.workspace.revision !== workspace.revision) {
        onSaved(updateWorkspace.workspace) // a conflict begins with what somebody else has saved
        if (userErrors.length > 0) {
          announce(t.settings.changed)
        }
        return
      }
      setProblems(Object.fromEntries(userErrors.map(({ field, message }) => [field?.at(-1) ?? '', message])))
    } catch (error) {
      setProblems({ '': reasonOf(error) })
    }
    setBusy(false)
  }

  return (
    <form className="fields settings" onSubmit={(event) => void save(event)}>
      <TextField
        label={t.settings.displayName}
        hint={t.settings.displayNameHint}
        name="displayName"
        maxLength={200}
        defaultValue={workspace.displayName ?? ''}
        problem={problems.displayName}
      />
      <TextField
        label={t.settings.region}
        hint={t.settings.regionHint(serverDefaults.defaultRegion)}
        name="defaultRegion"
        maxLength={2}
        defaultValue={workspace.defaultRegion ?? ''}
        problem={problems.defaultRegion}
      />
      <Field label={t.settings.exportRole} hint={t.settings.exportRoleHint} problem={problems.exportRole}>
        {(control) => (
          <select name="exportRole" defaultValue={workspace.exportRole} {...control}>
            {exporters.map((role) => (
              <option key={role} value={role}>
                {t.settings.exporters[role]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <fieldset>
        <legend>{t.settings.masked}</legend>
        {maskable.map((role) => (
          <label key={role}>
            <input type="checkbox" name="maskedFor" value={role} defaultChecked={workspace.maskedFor.includes(role)} />{' '}
            {t.settings.maskable[role]}
          </label>
        ))}
        <p className="hint">{t.settings.maskedHint}</p>
      </fieldset>
      <fieldset>
        <legend>{t.settings.retention}</legend>
        <p className="hint">{t.settings.retentionHint}</p>
        <Days name="historyDays" days={retention.historyDays} server={serverDefaults.historyDays} problems={problems} />
        <Days name="auditDays" days={retention.auditDays} server={serverDefaults.auditDays} problems={problems} />
        <Days name="failureDays" days={retention.failureDays} server={serverDefaults.failureDays} problems={problems} />
      </fieldset>
      <p className="problem" role="alert">
        {problems['']}
      </p>
      <div className="choices">
        <button type="submit" className="primary" disabled={busy}>
          {busy ? t.settings.saving : t.settings.save}
        </button>
      </div>
    </form>
  )
}

interface DaysProps {
  name: 'historyDays' | 'auditDays' | 'failureDays'
  days: number | null
  /** How long the server keeps what the workspace has no number of days for. */
  server: number
  problems: Record<string, string>
}

function Days({ name, days, server, problems }: DaysProps) {
  const hint = server === 0 ? t.settings.serverForever : t.settings.serverDays(server)
  return (
    <TextField
      label={t.settings[name]}
      hint={hint}
      name={name}
      inputMode="numeric"
      pattern="[0-9]*"
      defaultValue={shownDays(days)}
      problem={problems[name]}
    />
  )
}
