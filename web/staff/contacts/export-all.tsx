// Everybody who matches as a file: the server writes it, however many there are.

import { useEffect, useRef, useState } from 'react'

import { ExportAllowedDocument } from '../generated/later'
import { base } from '../server/base'
import { query } from '../server/client'
import { headers } from '../server/session'
import { useMay } from '../server/viewer'
import { announce } from '../shared/announce'
import { save } from '../shared/save'
import { number } from '../shared/time'
import { t } from '../texts/later'
import { sentenceOf } from '../texts/sentence'
import { exportAddress } from './export-address'
import type { Variables } from './list-query'

/** ExportAll offers the list as a file to those who may have it. */
export function ExportAll({ asked }: { asked: Variables }) {
  const { administer } = useMay()
  const [allowed, setAllowed] = useState(false)
  const [bytes, setBytes] = useState<number>()
  const [failed, setFailed] = useState('')
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])
  useEffect(() => {
    query(ExportAllowedDocument, {}).then(
      ({ workspace }) => setAllowed(workspace.exportAllowed),
      () => {}, // the list is on the screen, and may be exported when it is opened again
    )
  }, [])
  if (!administer && !allowed) {
    return null
  }

  async function run() {
    const aborting = new AbortController()
    running.current = aborting
    setFailed('')
    setBytes(0)
    try {
      save(t.exporting.file, 'text/csv;charset=utf-8', await download(asked, aborting.signal, setBytes))
      announce(t.exporting.done)
    } catch (error) {
      if (!aborting.signal.aborted) {
        setFailed(error instanceof Refusal ? error.message : t.exporting.failed)
      }
    } finally {
      setBytes(undefined)
    }
  }

  return (
    <>
      {bytes === undefined ? (
        <button type="button" onClick={() => void run()}>
          {t.exporting.all}
        </button>
      ) : (
        <button type="button" onClick={() => running.current?.abort()}>
          {t.exporting.cancel(number(Math.round(bytes / 1e5) / 10))}
        </button>
      )}
      {failed !== '' && <p role="alert">{failed}</p>}
    </>
  )
}

class Refusal extends Error {}

// download rejects when the file is cut short, as the browser knows how it has to end.
async function download(asked: Variables, signal: AbortSignal, progress: (bytes: number) => void): Promise<Blob> {
  const response = await fetch(`${base}${exportAddress(asked)}`, { headers: headers(), signal })
  if (!response.ok) {
    const [error] = ((await response.json()) as { errors: { message: string; extensions?: { code?: string } }[] }).errors
    throw new Refusal(error ? sentenceOf({ code: error.extensions?.code, message: error.message }) : t.exporting.failed)
  }
  let bytes = 0
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength
      progress(bytes)
      controller.enqueue(chunk)
    },
  })
  return new Response(response.body!.pipeThrough(counted)).blob()
}
