import { useCallback, useState } from 'react'

import type { ApiKeyRowFragment } from '../generated/graphql'
import { ApiKeysDocument, RevokeApiKeyDocument } from '../generated/later'
import { useCommands } from '../menu/commands'
import { mutate, query } from '../server/client'
import { announce } from '../shared/announce'
import { Ask } from '../shared/ask'
import { More } from '../shared/more'
import { type Loader, usePaged } from '../shared/paged'
import { Link } from '../shared/route'
import { Ago, Until, useNow } from '../shared/time'
import { useTitle } from '../shared/title'
import { useSlow } from '../shared/waiting'
import { t } from '../texts/later'
import { CreateKey } from './create'
import '../style/admin.css'

/** KeysPage lists the credentials of programs, creates and revokes them. */
export function KeysPage() {
  useTitle(t.keys.title)
  const load = useCallback<Loader<ApiKeyRowFragment>>(
    async (args, signal) => (await query(ApiKeysDocument, args, signal)).apiKeys,
    [],
  )
  const list = usePaged(load)
  const { items, ready } = list
  const slow = useSlow(!ready && list.failure === undefined)
  const [creating, setCreating] = useState(false)
  const [revoking, setRevoking] = useState<ApiKeyRowFragment>()
  useCommands([{ id: 'keys-create', name: t.keys.create, run: () => setCreating(true) }])

  async function revoke({ id, name }: ApiKeyRowFragment): Promise<string | undefined> {
    const { revokeApiKey } = await mutate(RevokeApiKeyDocument, { input: { id } })
    const error = revokeApiKey.userErrors.find(({ code }) => code !== 'NOT_FOUND') // gone is what was wanted
    if (error) {
      return error.message
    }
    list.change((keys) => keys.filter((key) => key.id !== id))
    announce(t.keys.revoked(name))
    return undefined
  }

  return (
    <main className="admin">
      <header className="bar">
        <h1>{t.keys.title}</h1>
        <p className="count" />
        {items.length > 0 && (
          <button type="button" className="primary" onClick={() => setCreating(true)}>
            {t.keys.create}
          </button>
        )}
      </header>
      <div className="progress" data-slow={slow || undefined} aria-hidden />
      <div className="page">
        {ready && items.length === 0 && (
          <div className="empty">
            <h2>{t.keys.none}</h2>
            <p>{t.keys.noneHint}</p>
            <button type="button" className="primary" onClick={() => setCreating(true)}>
              {t.keys.create}
            </button>
          </div>
        )}
        {items.length > 0 && (
          <table className="plain">
            <thead>
              <tr>
                <th scope="col">{t.keys.name}</th>
                <th scope="col">{t.keys.role}</th>
                <th scope="col">{t.keys.created}</th>
                <th scope="col">{t.keys.lastUsed}</th>
                <th scope="col">{t.keys.expires}</th>
                <th scope="col">
                  <span className="unseen">{t.keys.revoke}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((key) => (
                <KeyRow key={key.id} apiKey={key} onRevoke={() => setRevoking(key)} />
              ))}
            </tbody>
          </table>
        )}
        <More list={list} />
      </div>
      {creating && <CreateKey onCreated={list.reload} onClose={() => setCreating(false)} />}
      {revoking && (
        <Ask
          title={t.keys.revokeTitle(revoking.name)}
          verb={t.keys.revoke}
          act={() => revoke(revoking)}
          onClose={() => setRevoking(undefined)}
        >
          <p>{t.keys.revokeHint}</p>
        </Ask>
      )}
    </main>
  )
}

function KeyRow({ apiKey, onRevoke }: { apiKey: ApiKeyRowFragment; onRevoke: () => void }) {
  const { name, role, channel, createdBy, createdAt, lastUsedAt, expiresAt } = apiKey
  const now = useNow()
  const expired = expiresAt !== null && Date.parse(expiresAt) <= now
  return (
    <tr data-expired={expired || undefined}>
      <th scope="row" dir="auto">
        {name}
      </th>
      <td data-label={t.keys.role}>
        {t.keys.roles[role]}
        {channel && (
          <>
            : <Link href={`/staff/channels/${channel.id}`}>{channel.name}</Link>
          </>
        )}
      </td>
      <td data-label={t.keys.created}>
        <Ago at={createdAt} /> <span className="by">{t.keys.by(createdBy)}</span>
      </td>
      <td data-label={t.keys.lastUsed}>{lastUsedAt ? <Ago at={lastUsedAt} /> : t.keys.neverUsed}</td>
      <td data-label={t.keys.expires}>
        {expiresAt === null ? (
          t.keys.never
        ) : (
          <span className={expired ? 'expired' : undefined}>
            {expired && `${t.keys.expired} `}
            <Until at={expiresAt} />
          </span>
        )}
      </td>
      <td>
        <button type="button" aria-label={t.keys.revokeOf(name)} onClick={onRevoke}>
          {t.keys.revoke}
        </button>
      </td>
    </tr>
  )
}
