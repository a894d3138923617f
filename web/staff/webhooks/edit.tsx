import { type FormEvent, useState } from 'react'

import { CreateWebhookEndpointDocument, UpdateWebhookEndpointDocument } from '../generated/later'
import type { WebhookEndpointRowFragment } from '../generated/graphql'
import { mutate } from '../server/client'
import { Dialog } from '../shared/dialog'
import { TextField } from '../shared/field'
import { reasonOf } from '../shared/refusal'
import { t } from '../texts/later'

/** eventNames are the events that an endpoint can get, in the order of the schema. */
const eventNames = [
  'contact.created',
  'contact.updated',
  'contact.deleted',
  'contact.merged',
  'contact.split',
  'session.created',
  'session.updated',
]

interface EditEndpointProps {
  /** The endpoint to edit; a new one without it. */
  endpoint?: WebhookEndpointRowFragment
  /** Hears of the secret of a new endpoint. */
  onDone: (secret?: string) => void
  onClose: () => void
}

/** EditEndpoint asks where to send which events. */
export function EditEndpoint({ endpoint, onDone, onClose }: EditEndpointProps) {
  const [problems, setProblems] = useState<Record<string, string>>({})
  const [busy, setBusy] = useState(false)

  async function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const values = new FormData(event.currentTarget)
    if (busy) {
      return
    }
    setBusy(true)
    setProblems({})
    const input = {
      url: (values.get('url') as string).trim(),
      description: values.get('description') as string,
      events: values.getAll('event') as string[],
    }
    try {
      const userErrors = endpoint ? await change(endpoint.id, input) : await create(input)
      if (userErrors.length === 0) {
        return
      }
      setProblems(Object.fromEntries(userErrors.map(({ field, message }) => [field?.at(-1) ?? '', message])))
    } catch (error) {
      setProblems({ '': reasonOf(error) ?? '' })
    }
    setBusy(false)
  }

  async function create(input: { url: string; description: string; events: string[] }) {
    const { createWebhookEndpoint: done } = await mutate(CreateWebhookEndpointDocument, { input })
    if (done.secret !== null) {
      onDone(done.secret)
    }
    return done.userErrors
  }

  async function change(id: string, input: { url: string; description: string; events: string[] }) {
    const { updateWebhookEndpoint: done } = await mutate(UpdateWebhookEndpointDocument, { input: { id, ...input } })
    if (done.webhookEndpoint) {
      onDone()
    }
    return done.userErrors
  }

  return (
    <Dialog title={endpoint ? t.webhooks.editTitle : t.webhooks.add} returns onClose={onClose}>
      <form className="fields" onSubmit={(event) => void save(event)}>
        <TextField
          label={t.webhooks.url}
          hint={t.webhooks.urlHint}
          name="url"
          required
          maxLength={2000}
          autoFocus
          defaultValue={endpoint?.url}
          problem={problems.url}
        />
        <TextField
          label={t.webhooks.description}
          hint={t.webhooks.descriptionHint}
          name="description"
          maxLength={200}
          defaultValue={endpoint?.description}
          problem={problems.description}
        />
        <fieldset className="choice">
          <legend>{t.webhooks.events}</legend>
          {eventNames.map((name) => (
            <label key={name}>
              <input
                type="checkbox"
                name="event"
                value={name}
                defaultChecked={endpoint === undefined || endpoint.events.includes(name)}
              />{' '}
              {t.webhooks.names[name]}
            </label>
          ))}
          <p className="problem" role="alert">
            {problems.events}
          </p>
        </fieldset>
        <p className="problem" role="alert">
          {problems['']}
        </p>
        <div className="choices">
          <button type="button" onClick={onClose}>
            {t.app.cancel}
          </button>
          <button type="submit" className="primary" disabled={busy}>
            {busy ? t.webhooks.saving : endpoint ? t.webhooks.save : t.webhooks.add}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
