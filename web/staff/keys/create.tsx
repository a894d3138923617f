import { type FormEvent, useState } from 'react'

import { useChannels } from '../channels/choose'
import type { Role } from '../generated/graphql'
import { CreateApiKeyDocument } from '../generated/later'
import { mutate } from '../server/client'
import { reasonOf } from '../shared/refusal'
import { Copyable } from '../shared/copy'
import { Dialog } from '../shared/dialog'
import { Field, TextField } from '../shared/field'
import { t } from '../texts/later'
import { expiryOf, type Life, lives, tomorrow } from './expiry'

const roles: readonly Role[] = ['READER', 'STAFF', 'CHANNEL', 'ADMIN']

interface CreateKeyProps {
  onCreated: () => void
  onClose: () => void
}

/** CreateKey asks what a key is for, and shows it once: until the dialog is closed, and nowhere else. */
export function CreateKey({ onCreated, onClose }: CreateKeyProps) {
  const [secret, setSecret] = useState('')
  if (secret === '') {
    return (
      <Dialog title={t.keys.create} returns onClose={onClose}>
        <CreateForm
          onSecret={(created) => {
            setSecret(created)
            onCreated()
          }}
          onClose={onClose}
        />
      </Dialog>
    )
  }
  return (
    <Dialog title={t.keys.createdTitle} returns stays onClose={onClose}>
      <p className="notice" role="alert">
        {t.keys.once}
      </p>
      <Copyable label={t.keys.secret} value={secret} hint={t.keys.secretHint} />
      <div className="choices">
        <button type="button" className="primary" onClick={onClose}>
          {t.keys.done}
        </button>
      </div>
    </Dialog>
  )
}

function CreateForm({ onSecret, onClose }: { onSecret: (secret: string) => void; onClose: () => void }) {
  const [role, setRole] = useState<Role>('READER')
  const [life, setLife] = useState<Life>('90')
  const [problems, setProblems] = useState<Record<string, string>>({})
  const [busy, setBusy] = useState(false)
  const [first] = useState(() => tomorrow(new Date()))
  const channels = useChannels(role === 'CHANNEL')

  async function create(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const values = new FormData(event.currentTarget)
    const text = (name: string) => (values.get(name) as string | null)?.trim() ?? ''
    if (busy) {
      return
    }
    setBusy(true)
    setProblems({})
    try {
      const { createApiKey } = await mutate(CreateApiKeyDocument, {
        input: {
          name: text('name'),
          role,
          ...(role === 'CHANNEL' && text('channel') && { channelId: text('channel') }),
          expiresAt: expiryOf(life, text('day'), new Date()) ?? null,
        },
      })
      if (createApiKey.secret !== null) {
        onSecret(createApiKey.secret)
        return
      }
      setProblems(
        Object.fromEntries(createApiKey.userErrors.map(({ field, message }) => [field?.at(-1) ?? '', message])),
      )
    } catch (error) {
      setProblems({ '': reasonOf(error) })
    }
    setBusy(false)
  }

  return (
    <form className="fields" onSubmit={(event) => void create(event)}>
      <TextField
        label={t.keys.name}
        hint={t.keys.nameHint}
        name="name"
        required
        maxLength={100}
        autoFocus
        problem={problems.name}
      />
      <Field label={t.keys.role} hint={t.keys.roleHints[role]} problem={problems.role}>
        {(control) => (
          <select value={role} onChange={(event) => setRole(event.currentTarget.value as Role)} {...control}>
            {roles.map((each) => (
              <option key={each} value={each}>
                {t.keys.roles[each]}
              </option>
            ))}
          </select>
        )}
      </Field>
      {role === 'CHANNEL' && (
        <Field label={t.keys.channel} problem={problems.channelId}>
          {(control) => (
            <select name="channel" {...control}>
              <option value="">{t.keys.anyChannel}</option>
              {channels.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      <Field label={t.keys.expires} problem={problems.expiresAt}>
        {(control) => (
          <select value={life} onChange={(event) => setLife(event.currentTarget.value as Life)} {...control}>
            {lives.map((each) => (
              <option key={each} value={each}>
                {t.keys.lives[each]}
              </option>
            ))}
          </select>
        )}
      </Field>
      {life === 'date' && (
        <TextField label={t.keys.day} name="day" type="date" required min={first} max="9999-12-31" />
      )}
      <p className="problem" role="alert">
        {problems['']}
      </p>
      <div className="choices">
        <button type="button" onClick={onClose}>
          {t.app.cancel}
        </button>
        <button type="submit" className="primary" disabled={busy}>
          {busy ? t.keys.creating : t.keys.create}
        </button>
      </div>
    </form>
  )
}
