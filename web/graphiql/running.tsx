import { useGraphiQL, useGraphiQLActions } from '@graphiql/react'
import { parse } from 'graphql'
import { useEffect, useRef } from 'react'

/** Running runs the operation on show when the page opens, and with Ctrl+Enter from anywhere on it. */
export function Running({ first }: { first: string | undefined }) {
  const { run } = useGraphiQLActions()
  const ready = useGraphiQL((state) => Boolean(state.schema && state.queryEditor && state.variableEditor))
  const begun = useRef(false)

  useEffect(() => {
    if (ready && !begun.current) {
      begun.current = true
      if (first !== undefined && onlyReads(first)) {
        run()
      }
    }
  }, [ready, first, run])

  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      const mine = event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey
      if (mine && !event.defaultPrevented && !(event.target as Element).closest('.monaco-editor')) {
        event.preventDefault() // the editors have a key of their own for it
        run()
      }
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [run])
  return null
}

// What comes by a link must not change anything before somebody has looked at it.
function onlyReads(document: string): boolean {
  try {
    return parse(document).definitions.every(
      (definition) => definition.kind !== 'OperationDefinition' || definition.operation === 'query',
    )
  } catch {
    return false
  }
}
