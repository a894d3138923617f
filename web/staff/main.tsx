// The staff pages: a client of Kith's GraphQL like any other.

import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Provider } from 'urql'

import { App } from './app'
import { Wreck } from './broken'
import { client } from './server/client'
import { Boundary } from './shared/boundary'
import { chooseLanguage } from './texts/texts'
import './style/base.css'
import './style/contacts.css'
import './style/contact.css'

await chooseLanguage()
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Boundary fallback={() => <Wreck />}>
      <Provider value={client}>
        <App />
      </Provider>
    </Boundary>
  </StrictMode>,
)
