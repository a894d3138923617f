import { useGraphiQLActions } from '@graphiql/react'
import { type KeyboardEvent, useEffect, useState } from 'react'

import { setToken, whoAmI } from './server'

/** TokenField takes the bearer token and shows whom the server takes it for. */
export function TokenField() {
  const { introspect } = useGraphiQLActions()
  const [viewer, setViewer] = useState('')

  useEffect(() => {
    void whoAmI().then(setViewer)
  }, [])

  async function use(value: string) {
    setToken(value)
    setViewer(await whoAmI())
    await introspect()
  }

  function useOnEnter(event: KeyboardEvent<HTMLInputElement>) {
    if (event.key === 'Enter') {
      void use(event.currentTarget.value)
    }
  }

  return (
    <div className="kith-token">
      <strong>Kith</strong>
      <label htmlFor="token">Token</label>
      <input
        id="token"
        type="password"
        autoComplete="off"
        spellCheck={false}
        placeholder="kith token …"
        title="A bearer token. It is kept in memory and forgotten on reload."
        onChange={(event) => setToken(event.currentTarget.value)}
        onBlur={(event) => void use(event.currentTarget.value)}
        onKeyDown={useOnEnter}
      />
      <output htmlFor="token" title={viewer}>
        {viewer}
      </output>
    </div>
  )
}
