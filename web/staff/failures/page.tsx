import { useCallback, useEffect, useRef, useState } from 'react'

import type { IngestFailuresQuery } from '../generated/graphql'
import {
  DismissIngestFailuresDocument,
  FailurePayloadDocument,
  IngestFailuresDocument,
  ReplayIngestFailuresDocument,
} from '../generated/later'
import { useCommands } from '../menu/commands'
import { mutate, query } from '../server/client'
import { onWake } from '../server/connection'
import { announce } from '../shared/announce'
import { Ask } from '../shared/ask'
import { reasonOf } from '../shared/refusal'
import { ChannelIcon } from '../shared/icons'
import { More } from '../shared/more'
import { type Loader, type Paged, usePaged } from '../shared/paged'
import { Link, useRoute } from '../shared/route'
import { Ago } from '../shared/time'
import { useTitle } from '../shared/title'
import { useSlow } from '../shared/waiting'
import { t } from '../texts/later'
import { inBatches, type Outcome, outcomeOf } from './outcome'
import { pretty } from './payload'
import '../style/admin.css'

type Failed = IngestFailuresQuery['ingestFailures']['nodes'][number]

/** FailuresPage lists messages that arrived and could not be recorded, to try them again or to discard them. */
export function FailuresPage() {
  useTitle(t.failures.title)
  const only = useRoute().params.get('channel') ?? ''
  const [total, setTotal] = useState<{ value: number; exact: boolean }>()
  const load = useCallback<Loader<Failed>>(async (args, signal) => {
    const { ingestFailures } = await query(IngestFailuresDocument, args, signal)
    setTotal(ingestFailures.totalCount)
    return ingestFailures
  }, [])
  const list = usePaged(load)
  const items = only === '' ? list.items : list.items.filter(({ channel }) => channel.id === only)
  const slow = useSlow(!list.ready && list.failure === undefined)
  useEffect(() => onWake(list.reload), [list.reload])

  const { chosen, toggle, choose } = useChosen()
  const { busy, results, problem, replay, dismiss } = useDeeds(list)
  const [dismissing, setDismissing] = useState<readonly string[]>()
  const open = items.flatMap(({ id }) => (results.get(id)?.done ? [] : [id]))
  const ids = open.filter((id) => chosen.has(id))
  const all = open.length > 0 && ids.length === open.length
  const few = { disabled: busy || ids.length === 0 }
  useCommands([
    { id: 'failures-again', name: t.failures.check, run: list.reload },
    ...(ids.length > 0
      ? [
          { id: 'failures-replay', name: t.failures.replayChosen(ids.length), run: () => void replay(ids) },
          { id: 'failures-dismiss', name: t.failures.dismissChosen(ids.length), run: () => setDismissing(ids) },
        ]
      : []),
  ])

  // The focus goes to the heading when the row that had it has gone.
  const heading = useRef<HTMLHeadingElement>(null)
  const afterwards = () =>
    setTimeout(() => document.activeElement === document.body && heading.current?.focus({ preventScroll: true }), 50)

  return (
    <main className="admin">
      <header className="bar">
        <h1 ref={heading} tabIndex={-1}>
          {t.failures.title}
        </h1>
        <p className="count" role="status">
          {total && total.value > 0 && t.failures.count(total.value, total.exact)}
        </p>
        {only !== '' && <Link href="/staff/failures">{t.failures.all}</Link>}
        <button type="button" disabled={list.loading} onClick={list.reload}>
          {t.failures.check}
        </button>
      </header>
      <div className="progress" data-slow={slow || undefined} aria-hidden />
      <div className="page">
        {list.ready && items.length === 0 && !list.hasNext && (
          <div className="empty">
            <h2>{t.failures.none}</h2>
            <p>{t.failures.noneHint}</p>
          </div>
        )}
        {items.length > 0 && (
          <div className="toolbar" role="group" aria-label={t.failures.chosen}>
            <label className="check">
              <input
                type="checkbox"
                checked={all}
                ref={(box) => {
                  if (box) {
                    box.indeterminate = ids.length > 0 && !all
                  }
                }}
                onChange={() => choose(all ? [] : open)}
              />
              <span>{ids.length === 0 ? t.failures.chooseAll : t.failures.chosenCount(ids.length)}</span>
            </label>
            <button type="button" {...few} onClick={() => void replay(ids).then(afterwards)}>
              {t.failures.replay}
            </button>
            <button type="button" {...few} onClick={() => setDismissing(ids)}>
              {t.failures.dismiss}
            </button>
          </div>
        )}
        <p className="problem" role="alert">
          {problem}
        </p>
        <ul role="list" aria-label={t.failures.title} className="failures" aria-busy={!list.ready}>
          {items.map((failed) => (
            <Row
              key={failed.id}
              failed={failed}
              chosen={ids.includes(failed.id)}
              busy={busy}
              outcome={results.get(failed.id)}
              onToggle={() => toggle(failed.id)}
              onReplay={() => void replay([failed.id]).then(afterwards)}
              onDismiss={() => setDismissing([failed.id])}
            />
          ))}
        </ul>
        <More list={list} />
      </div>
      {dismissing && (
        <Ask
          title={t.failures.dismissTitle(dismissing.length)}
          verb={t.failures.dismiss}
          act={async () => {
            await dismiss(dismissing)
            return undefined
          }}
          onClose={() => setDismissing(undefined)}
        >
          <p>{t.failures.dismissHint}</p>
        </Ask>
      )}
    </main>
  )
}

interface RowProps {
  failed: Failed
  chosen: boolean
  busy: boolean
  outcome: Outcome | undefined
  onToggle: () => void
  onReplay: () => void
  onDismiss: () => void
}

function Row({ failed, chosen, busy, outcome, onToggle, onReplay, onDismiss }: RowProps) {
  const { id, channel, at, reason } = failed
  const [open, setOpen] = useState(false)
  const name = t.failures.of(channel.name)
  return (
    <li data-chosen={chosen || undefined} data-done={outcome?.done || undefined}>
      <div className="line">
        <input
          type="checkbox"
          checked={chosen}
          disabled={outcome?.done}
          aria-label={t.failures.choose(channel.name, reason)}
          onChange={onToggle}
        />
        <div className="what">
          <p className="reason">{reason}</p>
          <p className="hint">
            <ChannelIcon type={channel.type} /> <Link href={`/staff/channels/${channel.id}`}>{channel.name}</Link> ·{' '}
            <Ago at={at} />
          </p>
          {outcome && (
            <p className={outcome.done ? 'hint' : 'problem'} role="status">
              {outcome.text}
            </p>
          )}
        </div>
        <div className="deeds">
          <button
            type="button"
            aria-expanded={open}
            aria-label={open ? t.failures.hideOf(name) : t.failures.showOf(name)}
            onClick={() => setOpen(!open)}
          >
            {open ? t.failures.hide : t.failures.show}
          </button>
          {!outcome?.done && (
            <>
              <button type="button" disabled={busy} aria-label={t.failures.replayOf(name)} onClick={onReplay}>
                {t.failures.replay}
              </button>
              <button type="button" disabled={busy} aria-label={t.failures.dismissOf(name)} onClick={onDismiss}>
                {t.failures.dismiss}
              </button>
            </>
          )}
        </div>
      </div>
      {open && <Payload id={id} />}
    </li>
  )
}

// Payload reads what the provider sent when it is opened: it may be long, and is personal.
function Payload({ id }: { id: string }) {
  const [text, setText] = useState<string>()
  const [problem, setProblem] = useState('')
  useEffect(() => {
    const asking = new AbortController()
    query(FailurePayloadDocument, { id }, asking.signal).then(
      ({ node }) => (node && 'payload' in node ? setText(pretty(node.payload)) : setProblem(t.failures.gone)),
      (error: unknown) => asking.signal.aborted || setProblem(reasonOf(error)),
    )
    return () => asking.abort()
  }, [id])
  return problem !== '' ? (
    <p className="problem" role="alert">
      {problem}
    </p>
  ) : (
    <pre tabIndex={0} role="region" aria-label={t.failures.payload} dir="ltr" aria-busy={text === undefined}>
      {text ?? t.app.loading}
    </pre>
  )
}

function useChosen() {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  return {
    chosen,
    choose: (ids: readonly string[]) => setChosen(new Set(ids)),
    toggle: (id: string) =>
      setChosen((before) => {
        const after = new Set(before)
        if (!after.delete(id)) {
          after.add(id)
        }
        return after
      }),
  }
}

// useDeeds replays and dismisses, keeps what came of each row, and takes out the rows that are done when they are read
// again.
function useDeeds(list: Paged<Failed>) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  const [results, setResults] = useState<ReadonlyMap<string, Outcome>>(new Map())

  async function each(ids: readonly string[], what: (batch: string[]) => Promise<ReadonlyMap<string, Outcome>>) {
    setBusy(true)
    setProblem('')
    try {
      await inBatches(ids, async (batch) => {
        const outcomes = await what(batch)
        setResults((before) => new Map([...before, ...outcomes]))
      })
    } catch (error) {
      setProblem(reasonOf(error))
    }
    setBusy(false)
  }

  const replay = (ids: readonly string[]) => {
    let done = 0
    return each(ids, async (batch) => {
      const { replayIngestFailures: answer } = await mutate(ReplayIngestFailuresDocument, { input: { ids: batch } })
      done += answer.replayedIds.length
      announce(t.failures.replayed(done, ids.length))
      return outcomeOf(batch, answer.replayedIds, answer.userErrors, t.failures.recorded)
    })
  }
  const dismiss = (ids: readonly string[]) =>
    each(ids, async (batch) => {
      const { dismissIngestFailures: answer } = await mutate(DismissIngestFailuresDocument, { input: { ids: batch } })
      const gone = new Set(answer.dismissedIds)
      list.change((items) => items.filter(({ id }) => !gone.has(id)))
      announce(t.failures.dismissed(gone.size))
      return outcomeOf(batch, answer.dismissedIds, answer.userErrors, '')
    })
  return { busy, results, problem, replay, dismiss }
}
