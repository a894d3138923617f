// The playground: GraphiQL, bundled whole, over this server's own /graphql.

import { GraphiQL } from 'graphiql'
// Part by part: graphiql/style.css has Monaco's styles and fonts once more.
import '@graphiql/react/style.css'
import 'graphiql/graphiql.css'
import '@graphiql/plugin-doc-explorer/style.css'
import '@graphiql/plugin-history/style.css'
import { createRoot } from 'react-dom/client'

import { examples } from './examples'
import './monaco'
import './page.css'
import { fetcher, someContact } from './server'
import { TokenField } from './token'

const tabs = examples(await someContact())

// GraphiQL shows the first tab's variables only on request; on a reload it has its own.
const firstVisit = sessionStorage.getItem('graphiql:tabState') === null

createRoot(document.getElementById('root')!).render(
  // What is typed survives a reload and ends with the browser tab; headers, which may hold a token, do not even do that.
  <GraphiQL
    fetcher={fetcher}
    defaultTabs={tabs}
    initialVariables={firstVisit ? tabs[0]?.variables : undefined}
    storage={sessionStorage}
    shouldPersistHeaders={false}
    showPersistHeadersSettings={false}
    defaultEditorToolsVisibility="variables"
  >
    <GraphiQL.Logo>
      <TokenField />
    </GraphiQL.Logo>
  </GraphiQL>,
)
