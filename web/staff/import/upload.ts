// Sending a file, with how far that is.

import { base } from '../server/base'
import { headers } from '../server/session'
import { t } from '../texts/later'
import { sentenceOf } from '../texts/sentence'

/** Reading says how a file is to be read; empty where the server is to find out. */
export interface Reading {
  separator?: string
  encoding?: string
  header?: string
}

/** NotUploaded says why a file was refused. */
export class NotUploaded extends Error {}

/** upload sends a file, and resolves to the id of its import. sent is called with the part that has been sent, 0 to 1. */
export function upload(file: File, reading: Reading, sent: (part: number) => void, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest() // fetch does not say how much has been sent
    const parameters = new URLSearchParams({ name: file.name })
    for (const [name, value] of Object.entries(reading)) {
      if (value) {
        parameters.set(name, value)
      }
    }
    request.open('POST', `${base}/import/contacts?${parameters}`)
    for (const [name, value] of Object.entries(headers())) {
      request.setRequestHeader(name, value)
    }
    request.setRequestHeader('content-type', 'application/octet-stream')
    request.responseType = 'json'
    request.upload.addEventListener('progress', ({ loaded, total }) => sent(total > 0 ? loaded / total : 1))
    request.addEventListener('load', () => {
      const answer = request.response as { id?: string; errors?: { message: string; extensions?: { code?: string } }[] } | null
      if (request.status === 201 && answer?.id) {
        resolve(answer.id)
      } else {
        const error = answer?.errors?.[0]
        reject(new NotUploaded(error ? sentenceOf({ code: error.extensions?.code, message: error.message }) : t.imports.notUploaded))
      }
    })
    request.addEventListener('error', () => reject(new NotUploaded(t.imports.notUploaded)))
    request.addEventListener('abort', () => reject(signal.reason as Error))
    signal.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}

// The file of an import, as long as the page is open: it can be read in another way without being chosen again.
let last: { id: string; file: File } | undefined

/** keep holds on to the file of an import. */
export function keep(id: string, file: File): void {
  last = { id, file }
}

/** keptFile is the file of an import, if it is still there. */
export const keptFile = (id: string): File | undefined => (last?.id === id ? last.file : undefined)
