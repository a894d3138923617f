import { useCallback, useState } from 'react'

import { RedeliverDocument, WebhookDeliveriesDocument } from '../generated/later'
import type { WebhookDeliveryRowFragment, WebhookDeliveryStatus } from '../generated/graphql'
import { mutate, query } from '../server/client'
import { announce } from '../shared/announce'
import { Field } from '../shared/field'
import { More } from '../shared/more'
import { type Loader, usePaged } from '../shared/paged'
import { reasonOf } from '../shared/refusal'
import { Ago, Until } from '../shared/time'
import { t } from '../texts/later'

const statuses: readonly WebhookDeliveryStatus[] = ['PENDING', 'DELIVERED', 'FAILED']

/** Deliveries lists what was sent to an endpoint, and sends it again. */
export function Deliveries({ endpointId }: { endpointId: string }) {
  const [status, setStatus] = useState<WebhookDeliveryStatus | ''>('')
  const load = useCallback<Loader<WebhookDeliveryRowFragment>>(
    async (args, signal) =>
      (await query(WebhookDeliveriesDocument, { endpointId, status: status || null, ...args }, signal)).webhookDeliveries,
    [endpointId, status],
  )
  const list = usePaged(load)
  const { items, ready } = list

  async function again(id: string): Promise<string> {
    const { redeliver } = await mutate(RedeliverDocument, { input: { id } })
    const { webhookDelivery: now, userErrors } = redeliver
    if (now) {
      list.change((all) => all.map((each) => (each.id === id ? now : each)))
    }
    return userErrors[0]?.message ?? t.webhooks.retried
  }

  return (
    <div className="deliveries">
      <Field label={t.webhooks.status}>
        {(control) => (
          <select
            value={status}
            onChange={(event) => setStatus(event.currentTarget.value as WebhookDeliveryStatus | '')}
            {...control}
          >
            <option value="">{t.webhooks.any}</option>
            {statuses.map((each) => (
              <option key={each} value={each}>
                {t.webhooks.statuses[each]}
              </option>
            ))}
          </select>
        )}
      </Field>
      {ready && items.length === 0 && <p>{t.webhooks.noDeliveries}</p>}
      {items.length > 0 && (
        <table className="plain">
          <caption className="unseen">{t.webhooks.deliveries}</caption>
          <thead>
            <tr>
              <th scope="col">{t.webhooks.event}</th>
              <th scope="col">{t.webhooks.status}</th>
              <th scope="col">{t.webhooks.attempts}</th>
              <th scope="col">{t.webhooks.lastAttempt}</th>
              <th scope="col">{t.webhooks.answer}</th>
              <th scope="col">
                <span className="unseen">{t.webhooks.retry}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((delivery) => (
              <tr key={delivery.id}>
                <th scope="row">{t.webhooks.names[delivery.type] ?? delivery.type}</th>
                <td data-label={t.webhooks.status}>{t.webhooks.statuses[delivery.status]}</td>
                <td data-label={t.webhooks.attempts}>{delivery.attempts}</td>
                <td data-label={t.webhooks.lastAttempt}>
                  {delivery.lastAttemptAt && <Ago at={delivery.lastAttemptAt} />}
                  {delivery.nextAttemptAt && delivery.attempts > 0 && (
                    <>
                      {' '}
                      ({t.webhooks.next} <Until at={delivery.nextAttemptAt} />)
                    </>
                  )}
                </td>
                <td data-label={t.webhooks.answer} lang={delivery.error ? 'en' : undefined}>
                  {delivery.error ?? delivery.responseStatus}
                </td>
                <td>
                  {delivery.eventId !== null && (
                    <button
                      type="button"
                      onClick={() => void again(delivery.id).catch(reasonOf).then((said) => announce(said ?? ''))}
                    >
                      {t.webhooks.retry}
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <More list={list} />
    </div>
  )
}
