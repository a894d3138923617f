import{n as e}from"./rolldown-runtime-WkwZ5CU-.js";import{In as t,Pr as n,Xn as r,br as i,cr as a,er as o,gt as s,jr as c,tr as l,un as u}from"./shared-BciDRwmR.js";import{t as d}from"./pager-C26ZUfbF.js";var f=c`
    fragment DuplicateContact on Contact {
  ...ContactRow
  createdAt
  furtherEmails
  furtherPhones
}
    `,p=c`
    fragment Setup on ChannelSetup {
  webhookUrl
  embedSnippet
  secretSet
  accessTokenSet
  allowedDomains
}
    `,m=c`
    fragment ApiKeyRow on ApiKey {
  id
  name
  role
  channel {
    id
    name
  }
  createdBy
  createdAt
  expiresAt
  lastUsedAt
}
    `,h=c`
    query Duplicates($first: Int, $after: String) {
  duplicates(first: $first, after: $after) {
    nodes {
      id
      reasons
      at
      contacts {
        ...DuplicateContact
      }
    }
    pageInfo {
      ...Page
    }
    totalCount(max: 1000) {
      value
      exact
    }
  }
}
    ${f}
${a}
${i}`,g=c`
    mutation DismissDuplicates($input: DismissDuplicatesInput!) {
  dismissDuplicates(input: $input) {
    dismissedIds
    userErrors {
      code
      message
    }
  }
}
    `,_=c`
    mutation CreateChannel($input: CreateChannelInput!) {
  createChannel(input: $input) {
    channel {
      ...ChannelRow
    }
    setup {
      ...Setup
      verifyToken
    }
    userErrors {
      code
      field
      message
    }
  }
}
    ${l}
${p}`,v=c`
    mutation UpdateChannel($input: UpdateChannelInput!) {
  updateChannel(input: $input) {
    channel {
      ...ChannelRow
    }
    setup {
      ...Setup
    }
    userErrors {
      code
      field
      message
    }
  }
}
    ${l}
${p}`,y=c`
    mutation VerifyToken($id: ID!) {
  updateChannel(input: {id: $id}) {
    setup {
      verifyToken
    }
  }
}
    `,b=c`
    query IngestFailures($first: Int, $after: String) {
  ingestFailures(first: $first, after: $after) {
    nodes {
      id
      channel {
        id
        name
        type
      }
      at
      reason
    }
    pageInfo {
      ...Page
    }
    totalCount(max: 1000) {
      value
      exact
    }
  }
}
    ${i}`,x=c`
    query FailurePayload($id: ID!) {
  node(id: $id) {
    ... on IngestFailure {
      id
      payload
    }
  }
}
    `,S=c`
    mutation ReplayIngestFailures($input: ReplayIngestFailuresInput!) {
  replayIngestFailures(input: $input) {
    replayedIds
    userErrors {
      code
      field
      message
    }
  }
}
    `,C=c`
    mutation DismissIngestFailures($input: DismissIngestFailuresInput!) {
  dismissIngestFailures(input: $input) {
    dismissedIds
    userErrors {
      code
      field
      message
    }
  }
}
    `,w=c`
    query AuditLog($first: Int, $after: String) {
  auditLog(first: $first, after: $after) {
    nodes {
      id
      action
      contactId
      otherContactId
      sessionId
      channelId
      apiKeyId
      fields
      actor
      at
    }
    pageInfo {
      ...Page
    }
  }
}
    ${i}`,T=c`
    query AuditObjects($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Contact {
      __typename
      id
      displayName
    }
    ... on Session {
      __typename
      id
      contactName
    }
    ... on Channel {
      __typename
      id
      name
    }
    ... on ApiKey {
      __typename
      id
      name
    }
  }
}
    `,E=c`
    query ApiKeys($first: Int, $after: String) {
  apiKeys(first: $first, after: $after) {
    nodes {
      ...ApiKeyRow
    }
    pageInfo {
      ...Page
    }
  }
}
    ${m}
${i}`,D=c`
    mutation CreateApiKey($input: CreateApiKeyInput!) {
  createApiKey(input: $input) {
    apiKey {
      ...ApiKeyRow
    }
    secret
    userErrors {
      code
      field
      message
    }
  }
}
    ${m}`,O=c`
    mutation RevokeApiKey($input: RevokeApiKeyInput!) {
  revokeApiKey(input: $input) {
    revokedApiKeyId
    userErrors {
      code
      message
    }
  }
}
    `,k=u();function A({list:e}){return e.failure===void 0?e.hasNext?(0,k.jsx)(`p`,{className:`more`,children:(0,k.jsx)(`button`,{type:`button`,disabled:e.loading,onClick:e.more,children:e.loading?t.app.loading:t.app.more})}):null:(0,k.jsx)(s,{failure:e.failure,onRetry:e.ready&&e.hasNext?e.more:e.reload})}var j=e(n(),1),M=50;function N(e){let t=(0,j.useMemo)(()=>new d(e,M),[e]),{rows:n,more:i,ready:a,busy:s,failure:c}=o(t.shown),l=(0,j.useMemo)(()=>({more:()=>void t.more(),reload:()=>void t.refresh(),change:t.change.bind(t)}),[t]);return(0,j.useEffect)(()=>{l.reload();let e=r(l.reload);return()=>{e(),t.close()}},[t,l]),{items:n,ready:a,hasNext:i,loading:s,failure:c,...l}}export{T as a,g as c,x as d,b as f,y as g,v as h,w as i,C as l,O as m,A as n,D as o,S as p,E as r,_ as s,N as t,h as u};