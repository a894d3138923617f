// Who is signed in, as the server sees the credential: what it may do decides which controls are shown.

import { useEffect } from 'react'

import { ViewerDocument, type ViewerQuery } from '../generated/graphql'
import { Store, useStore } from '../shared/store'
import { query } from './client'
import { onReturn } from './connection'

/** Viewer is a person with a role. */
export type Viewer = ViewerQuery['viewer']

const viewer = new Store<Viewer | undefined>(undefined)
let watching = false

function watch(): void {
  if (!watching) {
    watching = true
    ask()
    onReturn(ask)
  }
}

function ask(): void {
  query(ViewerDocument, {}).then(
    (answer) => viewer.set(answer.viewer),
    () => {}, // asked again when the server is back, or somebody has signed in
  )
}

/** useViewer is undefined until the server has answered. It must be used behind the door. */
export function useViewer(): Viewer | undefined {
  useEffect(watch, [])
  return useStore(viewer)
}

/** useMay reports what the viewer may do; nothing until that is known. The server decides in the end. */
export function useMay(): { edit: boolean; administer: boolean } {
  const role = useViewer()?.role
  return { edit: role === 'STAFF' || role === 'ADMIN', administer: role === 'ADMIN' }
}
