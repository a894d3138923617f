import{n as e}from"./rolldown-runtime-WkwZ5CU-.js";import{Fr as t,Ln as n,Mr as r,Zn as i,dn as a,gt as o,lr as s,nr as c,tr as l,xr as u}from"./shared-B7D0o5BH.js";import{t as d}from"./pager-D8IobBci.js";var f=r`
    fragment DuplicateContact on Contact {
  ...ContactRow
  createdAt
  furtherEmails
  furtherPhones
}
    `,p=r`
    fragment Setup on ChannelSetup {
  webhookUrl
  embedSnippet
  secretSet
  accessTokenSet
  allowedDomains
}
    `,m=r`
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
    `,h=r`
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
${s}
${u}`,g=r`
    mutation DismissDuplicates($input: DismissDuplicatesInput!) {
  dismissDuplicates(input: $input) {
    dismissedIds
    userErrors {
      code
      message
    }
  }
}
    `,_=r`
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
    ${c}
${p}`,v=r`
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
    ${c}
${p}`,y=r`
    mutation VerifyToken($id: ID!) {
  updateChannel(input: {id: $id}) {
    setup {
      verifyToken
    }
  }
}
    `,b=r`
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
    ${u}`,x=r`
    query FailurePayload($id: ID!) {
  node(id: $id) {
    ... on IngestFailure {
      id
      payload
    }
  }
}
    `,S=r`
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
    `,C=r`
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
    `,w=r`
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
    ${u}`,T=r`
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
    `,E=r`
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
${u}`,D=r`
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
    ${m}`,O=r`
    mutation RevokeApiKey($input: RevokeApiKeyInput!) {
  revokeApiKey(input: $input) {
    revokedApiKeyId
    userErrors {
      code
      message
    }
  }
}
    `,k=a();function A({list:e}){return e.failure===void 0?e.hasNext?(0,k.jsx)(`p`,{className:`more`,children:(0,k.jsx)(`button`,{type:`button`,disabled:e.loading,onClick:e.more,children:e.loading?n.app.loading:n.app.more})}):null:(0,k.jsx)(o,{failure:e.failure,onRetry:e.ready&&e.hasNext?e.more:e.reload})}var j=e(t(),1),M=50;function N(e){let t=(0,j.useMemo)(()=>new d(e,M),[e]),{rows:n,more:r,ready:a,busy:o,failure:s}=l(t.shown),c=(0,j.useMemo)(()=>({more:()=>void t.more(),reload:()=>void t.refresh(),change:t.change.bind(t)}),[t]);return(0,j.useEffect)(()=>{c.reload();let e=i(c.reload);return()=>{e(),t.close()}},[t,c]),{items:n,ready:a,hasNext:r,loading:o,failure:s,...c}}export{T as a,g as c,x as d,b as f,y as g,v as h,w as i,C as l,O as m,A as n,D as o,S as p,E as r,_ as s,N as t,h as u};