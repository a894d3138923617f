import { type FormEvent, type ReactNode, useCallback, useEffect, useRef, useState } from 'react'

import type { ChannelRowFragment, SetupFragment, UpdateChannelInput } from '../generated/graphql'
import { UpdateChannelDocument, VerifyTokenDocument } from '../generated/later'
import { mutate } from '../server/client'
import { onReturn } from '../server/connection'
import { announce } from '../shared/announce'
import { Ask } from '../shared/ask'
import { reasonOf } from '../shared/refusal'
import { Copyable } from '../shared/copy'
import { Field, TextField } from '../shared/field'
import { BackIcon, ChannelIcon, channelNames } from '../shared/icons'
import { Link } from '../shared/route'
import { useTitle } from '../shared/title'
import { Failure, useSlow } from '../shared/waiting'
import { t } from '../texts/later'
import { Arrivals } from './arrivals'
import { takeSetup } from './fresh'
import { domainsOf, isReachable, problemsOf, providers, setWebhook } from './providers'

interface Connection {
  channel: ChannelRowFragment
  setup: SetupFragment
}

type Change = Omit<UpdateChannelInput, 'id'>

/** Save makes a change; it resolves to the refused fields, by name. */
type Save = (change: Change, done: string) => Promise<Record<string, string>>

const changeable = ['name', 'active', 'secret', 'accessToken', 'allowedDomains', 'requireSignedIdentity']

/** One is a channel: what to paste at its provider, what has arrived, and what can be changed. */
export function One({ id }: { id: string }) {
  const [fresh] = useState(() => takeSetup(id))
  const [connection, setConnection] = useState<Connection | null>()
  const [failure, setFailure] = useState<unknown>()
  const slow = useSlow(connection === undefined && failure === undefined)

  // The setup is answered to an update only; one without a change changes nothing.
  const update = useCallback(
    async (change: Change) => {
      const { updateChannel } = await mutate(UpdateChannelDocument, { input: { id, ...change } })
      const { channel, setup, userErrors } = updateChannel
      setConnection(channel && setup && { channel, setup })
      return problemsOf(channel ? userErrors : [], changeable)
    },
    [id],
  )
  const read = useCallback(() => {
    setFailure(undefined)
    update({}).catch(setFailure)
  }, [update])
  useEffect(() => {
    read()
    return onReturn(read)
  }, [read])
  const save: Save = async (change, done) => {
    try {
      const problems = await update(change)
      if (Object.keys(problems).length === 0) {
        announce(done)
      }
      return problems
    } catch (error) {
      return { '': reasonOf(error) }
    }
  }
  useTitle(connection?.channel.name ?? t.channels.title)
  return (
    <main className="admin">
      <header className="bar">
        <Link href="/staff/channels" className="back">
          <BackIcon /> {t.channels.all}
        </Link>
        {connection && (
          <h1 dir="auto">
            <ChannelIcon type={connection.channel.type} /> {connection.channel.name}
          </h1>
        )}
        {connection && <Switch channel={connection.channel} save={save} />}
      </header>
      <div className="progress" data-slow={slow || undefined} aria-hidden />
      {failure !== undefined && !connection && <Failure failure={failure} onRetry={read} />}
      <div className="page steps">
        {connection === null && (
          <div className="empty">
            <h1>{t.channels.noSuch}</h1>
            <p>{t.channels.noSuchHint}</p>
          </div>
        )}
        {connection && (
          <>
            <Step
              title={
                connection.channel.type === 'HTML_EMBED'
                  ? t.channels.pasteIntoPages
                  : t.channels.paste(channelNames[connection.channel.type])
              }
            >
              <Paste connection={connection} known={fresh?.verifyToken} />
            </Step>
            <Step title={t.channels.test}>
              <Arrivals channel={connection.channel} />
            </Step>
            <Step title={t.channels.settings}>
              <Settings connection={connection} save={save} />
            </Step>
          </>
        )}
      </div>
    </main>
  )
}

function Step({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="step" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  )
}

function Switch({ channel, save }: { channel: ChannelRowFragment; save: Save }) {
  const [asking, setAsking] = useState(false)
  const [problem, setProblem] = useState('')
  const turn = async (active: boolean) => {
    const problems = await save({ active }, active ? t.channels.turnedOn(channel.name) : t.channels.turnedOff(channel.name))
    return Object.values(problems)[0]
  }
  return (
    <div className="switch">
      <span className="state" data-on={channel.active || undefined}>
        {channel.active ? t.channels.on : t.channels.off}
      </span>
      <button
        type="button"
        onClick={() => {
          if (channel.active) {
            setAsking(true)
          } else {
            void turn(true).then((refused) => setProblem(refused ?? ''))
          }
        }}
      >
        {channel.active ? t.channels.turnOff : t.channels.turnOn}
      </button>
      <p className="problem" role="alert">
        {problem}
      </p>
      {asking && (
        <Ask
          title={t.channels.turnOffTitle(channel.name)}
          verb={t.channels.turnOff}
          act={() => turn(false)}
          onClose={() => setAsking(false)}
        >
          <p>{t.channels.turnOffHint}</p>
        </Ask>
      )}
    </div>
  )
}

// Paste has what goes to the provider. A verify token is read when asked for: the audit log notes who did.
function Paste({ connection, known }: { connection: Connection; known: string | null | undefined }) {
  const { channel, setup } = connection
  const { type } = channel
  const [token, setToken] = useState(known)
  const [problem, setProblem] = useState('')
  async function show() {
    setProblem('')
    try {
      const { updateChannel } = await mutate(VerifyTokenDocument, { id: channel.id })
      setToken(updateChannel.setup?.verifyToken ?? null)
    } catch (error) {
      setProblem(reasonOf(error))
    }
  }
  if (type === 'HTML_EMBED') {
    return (
      <>
        <p className="hint">{t.channels.instructions.HTML_EMBED}</p>
        {setup.allowedDomains.length === 0 && <p className="notice">{t.channels.noDomains}</p>}
        {setup.embedSnippet !== null && <Copyable label={t.channels.snippet} value={setup.embedSnippet} long />}
      </>
    )
  }
  return (
    <>
      <p className="hint">{t.channels.instructions[type]}</p>
      {!isReachable(setup.webhookUrl) && <p className="notice">{t.channels.unreachable}</p>}
      {providers[type].needsSecret && !setup.secretSet && <p className="notice">{t.channels.secretMissing}</p>}
      <Copyable label={t.channels.webhookUrl} value={setup.webhookUrl} />
      {providers[type].verifies &&
        (token ? (
          <Copyable label={t.channels.verifyTokenOf[type]} value={token} hint={t.channels.verifyTokenHint} />
        ) : (
          <div className="field">
            <span className="field-name">{t.channels.verifyTokenOf[type]}</span>
            {token === undefined ? (
              <p>
                <button type="button" onClick={() => void show()}>
                  {t.channels.showToken}
                </button>
              </p>
            ) : (
              <p className="hint">{t.channels.noToken}</p>
            )}
            <p className="problem" role="alert">
              {problem}
            </p>
          </div>
        ))}
      {type === 'TELEGRAM' && token && (
        <Copyable label={t.channels.command} value={setWebhook(setup.webhookUrl, token)} long hint={t.channels.commandHint} />
      )}
    </>
  )
}

function Settings({ connection, save }: { connection: Connection; save: Save }) {
  const { channel, setup } = connection
  const { type } = channel
  return (
    <>
      <Form field="name" save={save} done={t.channels.saved} read={(text) => ({ name: text })}>
        {(problem) => (
          <TextField
            label={t.channels.name}
            name="value"
            required
            maxLength={200}
            defaultValue={channel.name}
            key={channel.name}
            problem={problem}
          />
        )}
      </Form>
      {type === 'HTML_EMBED' && (
        <Form
          field="allowedDomains"
          save={save}
          done={t.channels.saved}
          read={(text) => ({ allowedDomains: domainsOf(text) })}
        >
          {(problem) => (
            <Field label={t.channels.domains} hint={t.channels.domainsHint} problem={problem}>
              {(control) => (
                <textarea
                  name="value"
                  rows={Math.max(3, setup.allowedDomains.length)}
                  spellCheck={false}
                  dir="ltr"
                  defaultValue={setup.allowedDomains.join('\n')}
                  key={setup.allowedDomains.join('\n')}
                  {...control}
                />
              )}
            </Field>
          )}
        </Form>
      )}
      <Secret
        field="secret"
        label={t.channels.secretOf[type]}
        hint={t.channels.secretHintOf[type]}
        set={setup.secretSet}
        save={save}
      />
      {providers[type].takesAccessToken && (
        <Secret
          field="accessToken"
          label={t.channels.accessToken}
          hint={t.channels.accessTokenHint}
          set={setup.accessTokenSet}
          save={save}
        />
      )}
      {type === 'HTML_EMBED' && <Signed channel={channel} save={save} />}
    </>
  )
}

function Signed({ channel, save }: { channel: ChannelRowFragment; save: Save }) {
  const [problem, setProblem] = useState('')
  const { requireSignedIdentity } = channel
  return (
    <div className="field">
      <label className="check">
        <input
          type="checkbox"
          checked={requireSignedIdentity}
          onChange={() =>
            void save({ requireSignedIdentity: !requireSignedIdentity }, t.channels.saved).then((problems) =>
              setProblem(Object.values(problems)[0] ?? ''),
            )
          }
        />
        <span>{t.channels.requireSigned}</span>
      </label>
      <p className="problem" role="alert">
        {problem}
      </p>
    </div>
  )
}

interface FormProps {
  field: string
  save: Save
  done: string
  /** read makes the change of what was typed. */
  read: (text: string) => Change
  onSaved?: () => void
  children: (problem: string | undefined) => ReactNode
}

// Form is one field with a button that saves it. The field is named value.
function Form({ field, save, done, read, onSaved, children }: FormProps) {
  const [busy, setBusy] = useState(false)
  const [problems, setProblems] = useState<Record<string, string>>({})
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = event.currentTarget
    setBusy(true)
    const refused = await save(read((new FormData(form).get('value') as string).trim()), done)
    setBusy(false)
    setProblems(refused)
    if (Object.keys(refused).length === 0) {
      onSaved?.()
    }
  }
  const problem = problems[field] ?? Object.values(problems)[0]
  return (
    <form className="one-field" onSubmit={(event) => void submit(event)}>
      {children(problem)}
      <button type="submit" disabled={busy} aria-label={t.channels.saveField(t.channels.fieldNames[field as 'name'])}>
        {t.channels.save}
      </button>
    </form>
  )
}

interface SecretProps {
  field: 'secret' | 'accessToken'
  label: string
  hint: string
  set: boolean
  save: Save
}

// Secret says whether one is set, and takes another. What is typed leaves the page when it is saved.
function Secret({ field, label, hint, set, save }: SecretProps) {
  const [open, setOpen] = useState(false)
  const [removing, setRemoving] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const close = () => {
    setOpen(false)
    setTimeout(() => button.current?.focus())
  }
  if (open) {
    return (
      <Form
        field={field}
        save={save}
        done={t.channels.secretSaved(label)}
        read={(text) => ({ [field]: text })}
        onSaved={close}
      >
        {(problem) => (
          <>
            <TextField
              label={label}
              hint={hint}
              name="value"
              type="password"
              autoComplete="new-password"
              required
              autoFocus
              problem={problem}
            />
            <button type="button" onClick={close}>
              {t.app.cancel}
            </button>
          </>
        )}
      </Form>
    )
  }
  return (
    <div className="field">
      <span className="field-name">{label}</span>
      <div className="secret">
        <span className="state" data-on={set || undefined}>
          {set ? t.channels.set : t.channels.notSet}
        </span>
        <button
          ref={button}
          type="button"
          aria-label={set ? t.channels.replaceWhat(label) : t.channels.enterWhat(label)}
          onClick={() => setOpen(true)}
        >
          {set ? t.channels.replace : t.channels.enter}
        </button>
        {set && (
          <button type="button" aria-label={t.channels.removeWhat(label)} onClick={() => setRemoving(true)}>
            {t.channels.remove}
          </button>
        )}
      </div>
      {removing && (
        <Ask
          title={t.channels.removeTitle(label)}
          verb={t.channels.remove}
          act={async () => Object.values(await save({ [field]: null }, t.channels.secretRemoved(label)))[0]}
          onClose={() => setRemoving(false)}
        >
          <p>{t.channels.removeHint}</p>
        </Ask>
      )}
    </div>
  )
}
