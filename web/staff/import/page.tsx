import { useCallback, useRef, useState } from 'react'

import type { ImportRowFragment } from '../generated/graphql'
import { ImportsDocument } from '../generated/later'
import { query } from '../server/client'
import { More } from '../shared/more'
import { type Loader, usePaged } from '../shared/paged'
import { go, Link, useRoute } from '../shared/route'
import { Ago, number } from '../shared/time'
import { useTitle } from '../shared/title'
import { useSlow } from '../shared/waiting'
import { t } from '../texts/later'
import { OneImport } from './one'
import { keep, NotUploaded, type Reading, upload } from './upload'
import '../style/admin.css'
import '../style/import.css'

/** importPath is where an import is. */
export const importPath = (id: string) => `/staff/import?job=${id}`

/** ImportPage takes in a file of contacts, and follows its import. */
export function ImportPage() {
  const { params } = useRoute()
  const job = params.get('job') ?? ''
  useTitle(t.imports.title)
  const sending = useUpload()
  return (
    <main className="admin">
      <header className="bar">
        {job !== '' && (
          <Link href="/staff/import" className="back">
            {t.imports.all}
          </Link>
        )}
        <h1>{t.imports.title}</h1>
        <p className="count" />
      </header>
      <div className="page imports">
        {job === '' || sending.file ? (
          <Take sending={sending} />
        ) : (
          <OneImport key={job} id={job} problem={sending.problem} onReadAgain={(file, reading) => void sending.send(file, reading)} />
        )}
        {job === '' && !sending.file && <Earlier />}
      </div>
    </main>
  )
}

interface Sending {
  file: File | undefined
  /** The part that has been sent, 0 to 1. */
  part: number
  problem: string
  send: (file: File, reading?: Reading) => Promise<void>
  cancel: () => void
  refuse: (problem: string) => void
}

function useUpload(): Sending {
  const [file, setFile] = useState<File>()
  const [part, setPart] = useState(0)
  const [problem, setProblem] = useState('')
  const running = useRef<AbortController>(undefined)
  async function send(chosen: File, reading: Reading = {}) {
    running.current?.abort()
    const uploading = new AbortController()
    running.current = uploading
    setFile(chosen)
    setPart(0)
    setProblem('')
    try {
      const id = await upload(chosen, reading, setPart, uploading.signal)
      keep(id, chosen)
      go(importPath(id))
    } catch (error) {
      if (running.current === uploading && !uploading.signal.aborted) {
        setProblem(error instanceof NotUploaded ? error.message : t.imports.notUploaded)
      }
    }
    if (running.current === uploading) {
      setFile(undefined)
    }
  }
  return {
    file,
    part,
    problem,
    send,
    cancel: () => {
      running.current?.abort()
      setFile(undefined)
    },
    refuse: setProblem,
  }
}

// Take is where a file is chosen or dropped, and shows how far its upload is.
function Take({ sending: { file, part, problem, send, cancel, refuse } }: { sending: Sending }) {
  const [over, setOver] = useState(false)
  if (file) {
    const percent = new Intl.NumberFormat(document.documentElement.lang, { style: 'percent' }).format(part)
    const text = part < 1 ? t.imports.uploading(file.name, percent) : t.imports.reading(file.name)
    return (
      <div className="take">
        <p dir="auto">{text}</p>
        <progress aria-label={t.imports.reading(file.name)} {...(part < 1 && { value: part })} />
        <button type="button" onClick={cancel}>
          {t.imports.cancelUpload}
        </button>
      </div>
    )
  }
  return (
    <>
      <div
        className="take"
        data-over={over || undefined}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          const [dropped, more] = event.dataTransfer.files
          if (dropped && !more) {
            void send(dropped)
          } else {
            refuse(t.imports.oneFile)
          }
        }}
      >
        <label className="choose">
          <input
            type="file"
            accept=".csv,.tsv,.txt,.jsonl,.ndjson,text/csv"
            onChange={(event) => {
              const chosen = event.currentTarget.files?.[0]
              event.currentTarget.value = '' // the same file can be chosen again
              if (chosen) {
                void send(chosen)
              }
            }}
          />
          <span>{t.imports.choose}</span>
        </label>
        <p>{t.imports.drop}</p>
        <p className="hint">{t.imports.kinds}</p>
      </div>
      <p className="problem" role="alert">
        {problem}
      </p>
    </>
  )
}

function Earlier() {
  const load = useCallback<Loader<ImportRowFragment>>(
    async (args, signal) => (await query(ImportsDocument, args, signal)).importJobs,
    [],
  )
  const list = usePaged(load)
  const { items, ready } = list
  const slow = useSlow(!ready && list.failure === undefined)
  return (
    <section aria-labelledby="earlier">
      <h2 id="earlier">{t.imports.earlier}</h2>
      <div className="progress" data-slow={slow || undefined} aria-hidden />
      {ready && items.length === 0 && <p>{t.imports.none}</p>}
      {items.length > 0 && (
        <table className="plain">
          <thead>
            <tr>
              <th scope="col">{t.imports.file}</th>
              <th scope="col">{t.imports.state}</th>
              <th scope="col">{t.imports.rows}</th>
              <th scope="col">{t.imports.counts.refused}</th>
              <th scope="col">{t.imports.by}</th>
              <th scope="col">{t.imports.when}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((job) => (
              <tr key={job.id}>
                <th scope="row">
                  <Link href={importPath(job.id)}>
                    <bdi>{job.fileName || t.imports.nameless}</bdi>
                  </Link>
                </th>
                <td data-label={t.imports.state}>{t.imports.states[job.state]}</td>
                <td data-label={t.imports.rows}>{number(job.rows)}</td>
                <td data-label={t.imports.counts.refused}>{number(job.refused)}</td>
                <td data-label={t.imports.by} className="by">
                  {job.createdBy}
                </td>
                <td data-label={t.imports.when}>
                  <Ago at={job.createdAt} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <More list={list} />
    </section>
  )
}
