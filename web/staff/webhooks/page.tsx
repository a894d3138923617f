import { useCallback, useState } from 'react'

import {
  DeleteWebhookEndpointDocument,
  RevokeFormerWebhookSecretDocument,
  RotateWebhookSecretDocument,
  SendTestWebhookDocument,
  UpdateWebhookEndpointDocument,
  WebhookEndpointsDocument,
} from '../generated/later'
import type { WebhookEndpointRowFragment } from '../generated/graphql'
import { useCommands } from '../menu/commands'
import { mutate, query } from '../server/client'
import { announce } from '../shared/announce'
import { Ask } from '../shared/ask'
import { Copyable } from '../shared/copy'
import { Dialog } from '../shared/dialog'
import { More } from '../shared/more'
import { type Loader, usePaged } from '../shared/paged'
import { reasonOf } from '../shared/refusal'
import { Ago, listed, Until, useNow } from '../shared/time'
import { useTitle } from '../shared/title'
import { useSlow } from '../shared/waiting'
import { t } from '../texts/later'
import { Deliveries } from './deliveries'
import { EditEndpoint } from './edit'
import '../style/admin.css'

type Endpoint = WebhookEndpointRowFragment

/** WebhooksPage lists where changes are sent to, and what became of that. */
export function WebhooksPage() {
  useTitle(t.webhooks.title)
  const load = useCallback<Loader<Endpoint>>(
    async (args, signal) => (await query(WebhookEndpointsDocument, args, signal)).webhookEndpoints,
    [],
  )
  const list = usePaged(load)
  const { items, ready } = list
  const slow = useSlow(!ready && list.failure === undefined)
  const [adding, setAdding] = useState(false)
  const [secret, setSecret] = useState('')
  useCommands([{ id: 'webhooks-add', name: t.webhooks.add, run: () => setAdding(true) }])
  const add = (
    <button type="button" className="primary" onClick={() => setAdding(true)}>
      {t.webhooks.add}
    </button>
  )

  return (
    <main className="admin">
      <header className="bar">
        <h1>{t.webhooks.title}</h1>
        <p className="count" />
        {items.length > 0 && add}
      </header>
      <div className="progress" data-slow={slow || undefined} aria-hidden />
      <div className="page">
        {ready && items.length === 0 && (
          <div className="empty">
            <h2>{t.webhooks.none}</h2>
            <p>{t.webhooks.noneHint}</p>
            {add}
          </div>
        )}
        {items.map((endpoint) => (
          <EndpointPanel
            key={endpoint.id}
            endpoint={endpoint}
            onSecret={setSecret}
            onChange={(now) => list.change((all) => all.map((each) => (each.id === now.id ? now : each)))}
            onDeleted={() => list.change((all) => all.filter(({ id }) => id !== endpoint.id))}
            onReload={list.reload}
          />
        ))}
        <More list={list} />
      </div>
      {adding && (
        <EditEndpoint
          onDone={(made) => {
            setAdding(false)
            setSecret(made ?? '')
            list.reload()
          }}
          onClose={() => setAdding(false)}
        />
      )}
      {secret !== '' && <Secret secret={secret} onClose={() => setSecret('')} />}
    </main>
  )
}

/** Secret shows a secret once: until the dialog is closed, and nowhere else. */
function Secret({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Dialog title={t.webhooks.secretTitle} returns stays onClose={onClose}>
      <p className="notice" role="alert">
        {t.webhooks.once}
      </p>
      <Copyable label={t.webhooks.secret} value={secret} hint={t.webhooks.secretHint} />
      <div className="choices">
        <button type="button" className="primary" onClick={onClose}>
          {t.webhooks.done}
        </button>
      </div>
    </Dialog>
  )
}

interface ActProps {
  of: string
  label: string
  expanded?: boolean
  disabled?: boolean
  act: () => void
}

/** Act is a button whose name says which endpoint it is for. */
function Act({ of, label, expanded, disabled, act }: ActProps) {
  return (
    <button type="button" aria-label={t.webhooks.of(label, of)} aria-expanded={expanded} disabled={disabled} onClick={act}>
      {label}
    </button>
  )
}

interface EndpointPanelProps {
  endpoint: Endpoint
  onSecret: (secret: string) => void
  onChange: (now: Endpoint) => void
  onDeleted: () => void
  onReload: () => void
}

function EndpointPanel({ endpoint, onSecret, onChange, onDeleted, onReload }: EndpointPanelProps) {
  const { id, url, description, events, enabled, disabledReason, disabledAt, failingSince, skippedEvents } = endpoint
  const [asked, setAsked] = useState<'edit' | 'rotate' | 'delete'>()
  const [open, setOpen] = useState(false)
  const [busy, setBusy] = useState(false)
  const [tests, setTests] = useState(0)
  const now = useNow()
  const former = endpoint.formerSecretUntil
  const formerSigns = former !== null && Date.parse(former) > now
  const close = () => setAsked(undefined)

  // act does something, and announces the result that it returns.
  async function act(what: () => Promise<string | undefined>) {
    setBusy(true)
    announce((await what().catch(reasonOf)) ?? '')
    setBusy(false)
  }

  async function turn(on: boolean): Promise<string | undefined> {
    const { updateWebhookEndpoint: done } = await mutate(UpdateWebhookEndpointDocument, { input: { id, enabled: on } })
    if (done.webhookEndpoint) {
      onChange(done.webhookEndpoint)
    }
    return done.userErrors[0]?.message
  }

  async function test(): Promise<string | undefined> {
    const { sendTestWebhook: done } = await mutate(SendTestWebhookDocument, { input: { id } })
    setTests((n) => n + 1)
    const { webhookDelivery: made, userErrors } = done
    return made ? t.webhooks.tested(made.error ?? `${t.webhooks.statuses[made.status]} (${made.responseStatus})`) : userErrors[0]?.message
  }

  async function revokeFormer(): Promise<string | undefined> {
    const { revokeFormerWebhookSecret: done } = await mutate(RevokeFormerWebhookSecretDocument, { input: { id } })
    if (done.webhookEndpoint) {
      onChange(done.webhookEndpoint)
    }
    return done.userErrors[0]?.message ?? t.webhooks.formerRevoked
  }

  return (
    <section className="endpoint" aria-label={url}>
      <h2 dir="ltr">{url}</h2>
      {description && <p dir="auto">{description}</p>}
      <p className="hint">{listed(events.map((name) => t.webhooks.names[name] ?? name))}</p>
      <p className={enabled && failingSince === null ? undefined : 'expired'}>
        <span className="state" data-on={enabled || undefined}>
          {enabled ? t.webhooks.on : t.webhooks.off}
        </span>
        {disabledReason && (
          <>
            : {t.webhooks.reasons[disabledReason]} {disabledAt && <Ago at={disabledAt} />}
          </>
        )}
        {enabled && failingSince && (
          <>
            . {t.webhooks.failing} <Ago at={failingSince} />
          </>
        )}
      </p>
      {skippedEvents > 0 && <p>{t.webhooks.skipped(skippedEvents)}</p>}
      {formerSigns && (
        <p>
          {t.webhooks.former} <Until at={former} />{' '}
          <button type="button" disabled={busy} onClick={() => void act(revokeFormer)}>
            {t.webhooks.revokeFormer}
          </button>
        </p>
      )}
      <div className="choices">
        <Act of={url} label={open ? t.webhooks.hideDeliveries : t.webhooks.showDeliveries} expanded={open} act={() => setOpen(!open)} />
        <Act of={url} label={t.webhooks.test} disabled={busy} act={() => void act(test)} />
        <Act
          of={url}
          label={enabled ? t.webhooks.turnOff : t.webhooks.turnOn}
          disabled={busy}
          act={() => void act(() => turn(!enabled))}
        />
        <Act of={url} label={t.webhooks.edit} act={() => setAsked('edit')} />
        <Act of={url} label={t.webhooks.rotate} act={() => setAsked('rotate')} />
        <Act of={url} label={t.webhooks.delete} act={() => setAsked('delete')} />
      </div>
      {open && <Deliveries key={tests} endpointId={id} />}
      {asked === 'edit' && (
        <EditEndpoint
          endpoint={endpoint}
          onDone={() => {
            close()
            onReload()
          }}
          onClose={close}
        />
      )}
      {asked === 'rotate' && (
        <Ask
          title={t.webhooks.rotateTitle}
          verb={t.webhooks.rotate}
          act={async () => {
            const { rotateWebhookSecret: done } = await mutate(RotateWebhookSecretDocument, { input: { id } })
            onSecret(done.secret ?? '')
            onReload()
            return done.userErrors[0]?.message
          }}
          onClose={close}
        >
          <p>{t.webhooks.rotateHint}</p>
        </Ask>
      )}
      {asked === 'delete' && (
        <Ask
          title={t.webhooks.deleteTitle}
          verb={t.webhooks.delete}
          act={async () => {
            const { deleteWebhookEndpoint: done } = await mutate(DeleteWebhookEndpointDocument, { input: { id } })
            const error = done.userErrors.find(({ code }) => code !== 'NOT_FOUND') // gone is what was wanted
            if (!error) {
              onDeleted()
              announce(t.webhooks.deleted)
            }
            return error?.message
          }}
          onClose={close}
        >
          <p>{t.webhooks.deleteHint}</p>
        </Ask>
      )}
    </section>
  )
}
