import { type FormEvent, useRef, useState } from 'react'

import type { ChannelType } from '../generated/graphql'
import { CreateChannelDocument } from '../generated/later'
import { mutate } from '../server/client'
import { announce } from '../shared/announce'
import { reasonOf } from '../shared/refusal'
import { Field, TextField } from '../shared/field'
import { BackIcon, ChannelIcon, channelNames } from '../shared/icons'
import { go, Link } from '../shared/route'
import { useTitle } from '../shared/title'
import { t } from '../texts/later'
import { keepSetup } from './fresh'
import { domainsOf, problemsOf, providers, types } from './providers'

const fields = ['name', 'secret', 'accessToken', 'allowedDomains', 'requireSignedIdentity']

/** Add leads to a new channel in steps: which product, and what Kith needs of it. The page of the channel has the rest. */
export function Add() {
  useTitle(t.channels.add)
  const [type, setType] = useState<ChannelType>()
  const [signed, setSigned] = useState(false)
  const [problems, setProblems] = useState<Record<string, string>>({})
  const [busy, setBusy] = useState(false)
  const form = useRef<HTMLFormElement>(null)

  async function create(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (busy || !type) {
      return
    }
    // The secrets stay in the form until they are sent, and nowhere else.
    const values = new FormData(event.currentTarget)
    const text = (name: string) => (values.get(name) as string | null)?.trim() ?? ''
    setBusy(true)
    setProblems({})
    try {
      const { createChannel } = await mutate(CreateChannelDocument, {
        input: {
          name: text('name'),
          type,
          ...(text('secret') && { secret: text('secret') }),
          ...(text('accessToken') && { accessToken: text('accessToken') }),
          ...(type === 'HTML_EMBED' && { allowedDomains: domainsOf(text('allowedDomains')), requireSignedIdentity: signed }),
        },
      })
      const { channel, setup, userErrors } = createChannel
      if (channel && setup) {
        keepSetup(channel.id, setup)
        announce(t.channels.created(channel.name))
        go(`/staff/channels/${channel.id}`, 'replace')
        return
      }
      setProblems(problemsOf(userErrors, fields))
      setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus())
    } catch (error) {
      setProblems({ '': reasonOf(error) })
    }
    setBusy(false)
  }

  return (
    <main className="admin">
      <header className="bar">
        <Link href="/staff/channels" className="back">
          <BackIcon /> {t.channels.all}
        </Link>
        <h1>{t.channels.add}</h1>
      </header>
      <form className="page steps" ref={form} onSubmit={(event) => void create(event)}>
        <fieldset className="step">
          <legend>{t.channels.stepType}</legend>
          <div className="types">
            {types.map((each) => (
              <label key={each} data-chosen={each === type || undefined}>
                <input
                  type="radio"
                  name="type"
                  value={each}
                  checked={each === type}
                  required
                  onChange={() => {
                    setType(each)
                    setProblems({})
                  }}
                />
                <ChannelIcon type={each} />
                <span>{channelNames[each]}</span>
              </label>
            ))}
          </div>
        </fieldset>
        {type && (
          <section className="step" aria-labelledby="details" key={type}>
            <h2 id="details">{t.channels.stepDetails}</h2>
            <TextField
              label={t.channels.name}
              hint={t.channels.nameHint}
              name="name"
              required
              maxLength={200}
              defaultValue={channelNames[type]}
              problem={problems.name}
            />
            {type === 'HTML_EMBED' && (
              <Field label={t.channels.domains} hint={t.channels.domainsHint} problem={problems.allowedDomains}>
                {(control) => <textarea name="allowedDomains" rows={3} spellCheck={false} dir="ltr" {...control} />}
              </Field>
            )}
            <TextField
              label={t.channels.secretOf[type]}
              hint={t.channels.secretHintOf[type]}
              name="secret"
              type="password"
              autoComplete="new-password"
              required={providers[type].needsSecret || signed}
              problem={problems.secret}
            />
            {providers[type].takesAccessToken && (
              <TextField
                label={t.channels.accessToken}
                hint={t.channels.accessTokenHint}
                name="accessToken"
                type="password"
                autoComplete="new-password"
                problem={problems.accessToken}
              />
            )}
            {type === 'HTML_EMBED' && (
              <label className="check">
                <input type="checkbox" checked={signed} onChange={(event) => setSigned(event.currentTarget.checked)} />
                <span>{t.channels.requireSigned}</span>
              </label>
            )}
            <p className="problem" role="alert">
              {[problems[''], problems.requireSignedIdentity].filter(Boolean).join(' ')}
            </p>
            <p>
              <button type="submit" className="primary" disabled={busy}>
                {busy ? t.channels.creating : t.channels.create}
              </button>
            </p>
          </section>
        )}
      </form>
    </main>
  )
}
