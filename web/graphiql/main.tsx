// The playground: GraphiQL, bundled whole, over this server's own /graphql.

import { DOC_EXPLORER_PLUGIN } from '@graphiql/plugin-doc-explorer'
import { explorerPlugin } from '@graphiql/plugin-explorer'
import { HISTORY_PLUGIN } from '@graphiql/plugin-history'
import { GraphiQL } from 'graphiql'
// Part by part: graphiql/style.css has Monaco's styles and fonts once more.
import '@graphiql/react/style.css'
import 'graphiql/graphiql.css'
import '@graphiql/plugin-doc-explorer/style.css'
import '@graphiql/plugin-explorer/style.css'
import '@graphiql/plugin-history/style.css'
import { createRoot } from 'react-dom/client'

import { examples } from './examples'
import { linked } from './linked'
import './monaco'
import './page.css'
import { Running } from './running'
import { fetcher, start } from './server'
import { TokenField } from './token'

const { role, contactId } = await start()
const tabs = examples(contactId, role)
const link = linked(location.hash)
if (link) {
  history.replaceState(null, '', location.pathname + location.search) // a reload keeps what was typed since
}

// GraphiQL shows the first tab's variables only on request; on a reload it has its own.
const firstVisit = sessionStorage.getItem('graphiql:tabState') === null

createRoot(document.getElementById('root')!).render(
  // What is typed survives a reload and ends with the browser tab; headers, which may hold a token, do not even do that.
  <GraphiQL
    fetcher={fetcher}
    defaultTabs={tabs}
    initialQuery={link?.query}
    initialVariables={link ? link.variables : firstVisit ? tabs[0]?.variables : undefined}
    plugins={[HISTORY_PLUGIN, explorerPlugin()]}
    referencePlugin={DOC_EXPLORER_PLUGIN}
    visiblePlugin={firstVisit ? DOC_EXPLORER_PLUGIN : undefined}
    storage={sessionStorage}
    shouldPersistHeaders={false}
    showPersistHeadersSettings={false}
    defaultEditorToolsVisibility="variables"
  >
    <GraphiQL.Logo>
      <TokenField />
      <Running first={link?.query ?? (firstVisit ? tabs[0]?.query : undefined)} />
    </GraphiQL.Logo>
  </GraphiQL>,
)
