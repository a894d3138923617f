// What is to be done with a file before it is imported: what its columns are, what it would change.

import { useEffect, useId, useRef, useState } from 'react'

import { useChannels } from '../channels/choose'
import type { ImportField, StartImportInput } from '../generated/graphql'
import { CancelImportDocument, ImportPreviewDocument, StartImportDocument } from '../generated/later'
import { mutate, query } from '../server/client'
import { Field } from '../shared/field'
import { refusalOf } from '../shared/refusal'
import { go } from '../shared/route'
import { number } from '../shared/time'
import { t } from '../texts/later'
import { check, type Checked } from './check'
import { Counts } from './counts'
import type { Job } from './one'
import { keptFile, type Reading } from './upload'

const fields: readonly ImportField[] = [
  'NONE',
  'NAME',
  'FIRST_NAME',
  'LAST_NAME',
  'EMAIL',
  'PHONE',
  'PHONE_CALLING_CODE',
  'NOTES',
  'CREATED_AT',
  'EXTERNAL_ID',
  'ID',
]

/** Choices are what the person decides. */
interface Choices {
  mapping: readonly ImportField[]
  update: boolean
  create: boolean
  protect: boolean
  unusual: boolean
  channel: string
}

interface PlanProps {
  job: Job
  problem: string
  onReadAgain: (file: File, reading: Reading) => void
  onChange: () => void
}

/** Plan asks what to import, checks it, and starts the import. */
export function Plan({ job, problem: unread, onReadAgain, onChange }: PlanProps) {
  const [choices, setChoices] = useChoices(job)
  const [checked, setChecked] = useState<{ of: string; sum: Checked }>()
  const checking = useRef<AbortController>(undefined)
  const [busy, setBusy] = useState<'check' | 'start'>()
  const [problem, setProblem] = useState('')
  const { mapping, channel } = choices
  const wantsChannel = mapping.includes('EXTERNAL_ID')
  const channels = useChannels(wantsChannel)
  useEffect(() => () => checking.current?.abort(), [])
  const input = inputOf(job.id, choices)
  const current = JSON.stringify(input)

  function choose(change: Partial<Choices>) {
    setChoices({ ...choices, ...change })
    checking.current?.abort()
  }

  async function look() {
    checking.current?.abort()
    const asking = new AbortController()
    checking.current = asking
    setBusy('check')
    setProblem('')
    setChecked(undefined)
    try {
      await check(
        async (after) => (await query(ImportPreviewDocument, { input, after }, asking.signal)).importPreview,
        (sum) => setChecked({ of: current, sum }),
        asking.signal,
      )
    } catch (error) {
      if (!asking.signal.aborted) {
        setProblem(refusalOf(error, t.imports.notChecked))
      }
    }
    if (checking.current === asking) {
      setBusy(undefined)
    }
  }

  async function start() {
    checking.current?.abort()
    setBusy('start')
    setProblem('')
    try {
      const { startImport } = await mutate(StartImportDocument, { input })
      const refused = startImport.userErrors.find(({ code }) => code !== 'CONFLICT') // started is what was wanted
      if (refused) {
        setProblem(refused.message)
      } else {
        forget(job.id)
        onChange()
      }
    } catch (error) {
      setProblem(refusalOf(error, t.imports.notStarted))
    }
    setBusy(undefined)
  }

  async function discard() {
    try {
      await mutate(CancelImportDocument, { id: job.id })
      forget(job.id)
      go('/staff/import')
    } catch (error) {
      setProblem(refusalOf(error, t.imports.notCancelled))
    }
  }

  return (
    <>
      <Form job={job} problem={unread} onReadAgain={onReadAgain} />
      <h3>{t.imports.columns}</h3>
      <table className="plain mapping">
        <thead>
          <tr>
            <th scope="col">{t.imports.column}</th>
            <th scope="col">{t.imports.samples}</th>
            <th scope="col">{t.imports.field}</th>
          </tr>
        </thead>
        <tbody>
          {job.columns.map(({ name, samples }, at) => (
            <tr key={at} data-left={mapping[at] === 'NONE' || undefined}>
              <th scope="row">
                <bdi>{name}</bdi>
              </th>
              <td data-label={t.imports.samples} className="samples">
                <div>
                  {samples
                    .filter((sample) => sample.trim() !== '')
                    .slice(0, 3)
                    .map((sample, n) => (
                      <bdi key={n}>{sample}</bdi>
                    ))}
                </div>
              </td>
              <td data-label={t.imports.field}>
                <select
                  aria-label={t.imports.fieldOf(name)}
                  value={mapping[at]}
                  onChange={(event) => choose({ mapping: mapping.with(at, event.currentTarget.value as ImportField) })}
                >
                  {fields.map((field) => (
                    <option key={field} value={field}>
                      {t.imports.fields[field]}
                    </option>
                  ))}
                </select>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {wantsChannel && (
        <Field label={t.imports.channel}>
          {(control) => (
            <select value={channel} onChange={(event) => choose({ channel: event.currentTarget.value })} {...control}>
              <option value="">{t.imports.noChannel}</option>
              {channels.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      <fieldset className="step">
        <legend>{t.imports.options}</legend>
        {(['create', 'update', 'protect', 'unusual'] as const).map((name) => (
          <label key={name} className="check">
            <input
              type="checkbox"
              checked={choices[name]}
              disabled={name === 'protect' && !choices.update}
              onChange={(event) => choose({ [name]: event.currentTarget.checked })}
            />
            {t.imports[name]}
          </label>
        ))}
      </fieldset>
      <div className="choices">
        <button type="button" onClick={() => void discard()}>
          {t.imports.discard}
        </button>
        {busy === 'check' ? (
          <button type="button" onClick={() => checking.current?.abort()}>
            {t.imports.stopChecking}
          </button>
        ) : (
          <button type="button" disabled={busy !== undefined} onClick={() => void look()}>
            {t.imports.check}
          </button>
        )}
        <button type="button" className="primary" disabled={busy === 'start'} onClick={() => void start()}>
          {t.imports.start(number(job.rows), job.rows === 1)}
        </button>
      </div>
      <p className="problem" role="alert">
        {problem}
      </p>
      {busy === 'check' && (
        <div className="checking">
          <p>{t.imports.checking(number(checked?.sum.last ?? 0), number(job.rows))}</p>
          <progress aria-label={t.imports.check} value={checked?.sum.last ?? 0} max={Math.max(job.rows, 1)} />
        </div>
      )}
      {checked &&
        (checked.of === current ? (
          <Result job={job} sum={checked.sum} />
        ) : (
          <p className="hint" role="status">
            {t.imports.changed}
          </p>
        ))}
    </>
  )
}

function inputOf(id: string, { mapping, update, create, protect, unusual, channel }: Choices): StartImportInput {
  return {
    id,
    mapping: [...mapping],
    matched: update ? 'UPDATE' : 'SKIP',
    unmatched: create ? 'CREATE' : 'SKIP',
    protectStaff: update && protect,
    allowUnusual: unusual,
    channelId: mapping.includes('EXTERNAL_ID') && channel !== '' ? channel : null,
  }
}

const keyOf = (id: string) => `kith.import.${id}`

// useChoices begins with what the file proposes, or with what was chosen before the page was loaded again.
function useChoices(job: Job): [Choices, (choices: Choices) => void] {
  const [choices, setChoices] = useState<Choices>(() => {
    const proposed: Choices = {
      mapping: job.columns.map(({ field }) => field),
      update: true,
      create: true,
      protect: false,
      unusual: false,
      channel: '',
    }
    try {
      const kept = JSON.parse(sessionStorage.getItem(keyOf(job.id)) ?? '{}') as Partial<Choices>
      return { ...proposed, ...(kept.mapping?.length === job.columns.length && kept) }
    } catch {
      return proposed
    }
  })
  return [
    choices,
    (next) => {
      setChoices(next)
      try {
        sessionStorage.setItem(keyOf(job.id), JSON.stringify(next))
      } catch {
        // without a storage, a reload begins with what the file proposes
      }
    },
  ]
}

function forget(id: string): void {
  try {
    sessionStorage.removeItem(keyOf(id))
  } catch {
    // nothing was kept then
  }
}

interface FormProps {
  job: Job
  problem: string
  onReadAgain: (file: File, reading: Reading) => void
}

// Form says how the file was read, and has it read in another way.
function Form({ job, problem, onReadAgain }: FormProps) {
  const { form } = job
  const file = keptFile(job.id)
  const id = useId()
  const [open, setOpen] = useState(false)
  const [reading, setReading] = useState<Required<Reading>>({
    separator: form?.separator ?? '',
    encoding: form?.encoding ?? '',
    header: String(form?.header ?? true),
  })
  if (!form) {
    return null
  }
  const encoding = t.imports.encodings[form.encoding] ?? form.encoding
  const select = (name: keyof Reading, label: string, values: readonly [value: string, text: string][]) => (
    <Field label={label}>
      {(control) => (
        <select
          value={reading[name]}
          onChange={(event) => setReading({ ...reading, [name]: event.currentTarget.value })}
          {...control}
        >
          {values.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
  return (
    <>
      <p>
        {t.imports.count(number(job.rows), job.rows === 1)} ·{' '}
        {form.separator === null
          ? t.imports.jsonl(encoding)
          : `${t.imports.csv(t.imports.separators[form.separator] ?? form.separator, encoding)}. ${
              form.header ? t.imports.withHeader : t.imports.withoutHeader
            }`}{' '}
        {form.separator !== null && (
          <button type="button" className="link" aria-expanded={open} aria-controls={open ? id : undefined} onClick={() => setOpen(!open)}>
            {t.imports.differently}
          </button>
        )}
      </p>
      {open && (
        <div id={id} className="reading">
          {file ? (
            <>
              {select('separator', t.imports.separator, Object.entries(t.imports.separators))}
              {select(
                'encoding',
                t.imports.encoding,
                Object.entries(t.imports.encodings).map(([value, text]) => [value, value.endsWith('be') ? `${text} BE` : text]),
              )}
              {select('header', t.imports.header, [
                ['true', t.imports.headerYes],
                ['false', t.imports.headerNo],
              ])}
              <button
                type="button"
                onClick={() => {
                  void mutate(CancelImportDocument, { id: job.id }).catch(() => {}) // it ends after a day in any case
                  onReadAgain(file, reading)
                }}
              >
                {t.imports.readAgain}
              </button>
            </>
          ) : (
            <p>{t.imports.chooseAgain}</p>
          )}
        </div>
      )}
      <p className="problem" role="alert">
        {problem}
      </p>
    </>
  )
}

function Result({ job, sum }: { job: Job; sum: Checked }) {
  const place = useRef<HTMLElement>(null)
  useEffect(() => {
    place.current?.scrollIntoView({ block: 'nearest' }) // browsers differ in what it returns
  }, [])
  return (
    <section className="result" ref={place} aria-labelledby="would">
      <h3 id="would">{sum.more ? t.imports.wouldSoFar(number(sum.last), number(job.rows)) : t.imports.would}</h3>
      <Counts of={sum} />
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">{t.imports.row}</th>
            <th scope="col">{t.imports.fields.NAME}</th>
            <th scope="col">{t.imports.outcome}</th>
            <th scope="col">{t.imports.reason}</th>
          </tr>
        </thead>
        <tbody>
          {sum.rows.map(({ row, name, outcome, column, reason }) => (
            <tr key={row} data-bad={reason !== null || undefined}>
              <th scope="row">{number(row)}</th>
              <td data-label={t.imports.fields.NAME}>
                <bdi>{name}</bdi>
              </td>
              <td data-label={t.imports.outcome}>{t.imports.outcomes[outcome] ?? outcome}</td>
              <td data-label={t.imports.reason}>
                {reason !== null &&
                  (column === null ? reason : t.imports.inColumn(job.columns[column - 1]?.name ?? String(column), reason))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
