import{dr as e,pr as t,sr as n,vr as r,wr as i,xr as a}from"./shared-pWVO_kjQ.js";var ee=i`
    fragment DuplicateContact on Contact {
  ...ContactRow
  createdAt
  furtherEmails
  furtherPhones
}
    `,o=i`
    fragment Setup on ChannelSetup {
  webhookUrl
  embedSnippet
  secretSet
  accessTokenSet
  allowedDomains
}
    `,s=i`
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
    `,c=i`
    fragment WebhookEndpointRow on WebhookEndpoint {
  id
  url
  events
  description
  enabled
  disabledReason
  disabledAt
  failingSince
  skippedEvents
  formerSecretUntil
}
    `,l=i`
    fragment WebhookDeliveryRow on WebhookDelivery {
  id
  eventId
  type
  status
  attempts
  createdAt
  lastAttemptAt
  nextAttemptAt
  responseStatus
  error
}
    `,u=i`
    fragment BulkJobRow on BulkJob {
  id
  kind
  state
  actor
  total
  listed
  handled
  deleted
  updated
  unchanged
  refused
  failure
  createdAt
  startedAt
  finishedAt
}
    `,d=i`
    fragment ImportRow on ImportJob {
  id
  state
  fileName
  createdBy
  rows
  handled
  created
  updated
  unchanged
  refused
  failure
  createdAt
  startedAt
  finishedAt
}
    `,f=i`
    fragment WorkspaceRow on Workspace {
  id
  name
  displayName
  defaultRegion
  exportRole
  maskedFor
  revision
  retention {
    historyDays
    auditDays
    failureDays
  }
  serverDefaults {
    defaultRegion
    historyDays
    auditDays
    failureDays
  }
}
    `,p=i`
    query ContactDetails($id: ID!) {
  contact(id: $id) {
    ...ContactRow
    createdAt
    furtherEmails
    furtherPhones
    undoableMerge {
      mergeId
      mergedContactIds
      at
    }
    identities {
      id
      externalId
      displayName
      createdAt
      channel {
        id
        name
        type
      }
    }
  }
}
    ${e}`,m=i`
    query ContactHistory($id: ID!, $first: Int, $after: String) {
  contact(id: $id) {
    id
    history(first: $first, after: $after) {
      nodes {
        id
        kind
        contactId
        version
        actor
        at
        fields {
          field
          old
          new
        }
      }
      pageInfo {
        ...Page
      }
    }
  }
}
    ${t}`,h=i`
    query DuplicatesOf($id: ID!, $first: Int, $after: String) {
  duplicates(contactId: $id, first: $first, after: $after) {
    nodes {
      id
      reasons
      contacts {
        ...ContactRow
      }
    }
    pageInfo {
      ...Page
    }
  }
}
    ${e}
${t}`,g=i`
    query SessionsOf($filter: SessionFilter, $first: Int, $after: String) {
  sessions(filter: $filter, first: $first, after: $after) {
    nodes {
      ...SessionRow
      identity {
        id
      }
    }
    pageInfo {
      ...Page
    }
  }
}
    ${r}
${t}`,_=i`
    mutation SplitContact($input: SplitContactInput!) {
  splitContact(input: $input) {
    contact {
      ...ContactRow
    }
    split {
      ...ContactRow
    }
    eventId
    userErrors {
      code
      field
      message
      contact {
        ...ContactRow
      }
    }
  }
}
    ${e}`,v=i`
    mutation ExportContact($input: ExportContactInput!) {
  exportContact(input: $input) {
    document
    userErrors {
      code
      field
      message
    }
  }
}
    `,y=i`
    query ContactsToMerge($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on Contact {
      ...ContactRow
      createdAt
    }
  }
}
    ${e}`,b=i`
    query MergePreview($input: MergeContactsInput!) {
  mergePreview(input: $input) {
    fields {
      field
      chosenFrom
      options {
        contactId
        value
        verified
      }
    }
    notes
    sessionCount
    identityCount
    userErrors {
      code
      field
      message
    }
  }
}
    `,x=i`
    mutation MergeContacts($input: MergeContactsInput!) {
  mergeContacts(input: $input) {
    contact {
      ...ContactRow
    }
    mergeId
    mergedContactIds
    undoableUntil
    eventId
    userErrors {
      code
      field
      message
    }
  }
}
    ${e}`,S=i`
    mutation DeleteContact($input: DeleteContactInput!) {
  deleteContact(input: $input) {
    deletedContactId
    eventId
    userErrors {
      code
      field
      message
    }
  }
}
    `,C=i`
    subscription ContactNews($after: ID) {
  contactEvents(after: $after) {
    eventId
    kind
    contactId
    mergedInto {
      id
    }
  }
}
    `,w=i`
    subscription SessionNews($after: ID, $filter: SessionFilter) {
  sessionEvents(after: $after, filter: $filter) {
    eventId
    kind
    contactId
  }
}
    `,T=i`
    query ContactSearch($search: String!) {
  contacts(search: $search, first: 8) {
    nodes {
      id
      displayName
      email
      phone
      phoneInternational
    }
  }
}
    `,E=i`
    mutation DeleteContacts($input: DeleteContactsInput!) {
  deleteContacts(input: $input) {
    results {
      deletedContactId
      eventId
      userErrors {
        code
        field
        message
      }
    }
  }
}
    `,D=i`
    mutation CreateSavedView($input: CreateSavedViewInput!) {
  createSavedView(input: $input) {
    savedView {
      ...ViewRow
    }
    userErrors {
      code
      field
      message
    }
  }
}
    ${a}`,O=i`
    mutation UpdateSavedView($input: UpdateSavedViewInput!) {
  updateSavedView(input: $input) {
    savedView {
      ...ViewRow
    }
    userErrors {
      code
      field
      message
    }
  }
}
    ${a}`,k=i`
    mutation DeleteSavedView($input: DeleteSavedViewInput!) {
  deleteSavedView(input: $input) {
    deletedSavedViewId
    userErrors {
      code
      field
      message
    }
  }
}
    `,A=i`
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
    ${ee}
${e}
${t}`,j=i`
    mutation DismissDuplicates($input: DismissDuplicatesInput!) {
  dismissDuplicates(input: $input) {
    dismissedIds
    userErrors {
      code
      field
      message
    }
  }
}
    `,M=i`
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
    ${n}
${o}`,N=i`
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
    ${n}
${o}`,P=i`
    mutation VerifyToken($id: ID!) {
  updateChannel(input: {id: $id}) {
    setup {
      verifyToken
    }
  }
}
    `,F=i`
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
    ${t}`,I=i`
    query FailurePayload($id: ID!) {
  node(id: $id) {
    ... on IngestFailure {
      id
      payload
    }
  }
}
    `,L=i`
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
    `,R=i`
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
    `,z=i`
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
      webhookEndpointId
      items
      fields
      actor
      at
    }
    pageInfo {
      ...Page
    }
  }
}
    ${t}`,te=i`
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
    ... on WebhookEndpoint {
      __typename
      id
      url
    }
  }
}
    `,B=i`
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
    ${s}
${t}`,V=i`
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
    ${s}`,H=i`
    mutation RevokeApiKey($input: RevokeApiKeyInput!) {
  revokeApiKey(input: $input) {
    revokedApiKeyId
    userErrors {
      code
      field
      message
    }
  }
}
    `,U=i`
    query WebhookEndpoints($first: Int, $after: String) {
  webhookEndpoints(first: $first, after: $after) {
    nodes {
      ...WebhookEndpointRow
    }
    pageInfo {
      ...Page
    }
  }
}
    ${c}
${t}`,W=i`
    query WebhookDeliveries($endpointId: ID!, $status: WebhookDeliveryStatus, $first: Int, $after: String) {
  webhookDeliveries(
    endpointId: $endpointId
    status: $status
    first: $first
    after: $after
  ) {
    nodes {
      ...WebhookDeliveryRow
    }
    pageInfo {
      ...Page
    }
  }
}
    ${l}
${t}`,G=i`
    mutation CreateWebhookEndpoint($input: CreateWebhookEndpointInput!) {
  createWebhookEndpoint(input: $input) {
    secret
    userErrors {
      code
      field
      message
    }
  }
}
    `,K=i`
    mutation UpdateWebhookEndpoint($input: UpdateWebhookEndpointInput!) {
  updateWebhookEndpoint(input: $input) {
    webhookEndpoint {
      ...WebhookEndpointRow
    }
    userErrors {
      code
      field
      message
    }
  }
}
    ${c}`,q=i`
    mutation DeleteWebhookEndpoint($input: DeleteWebhookEndpointInput!) {
  deleteWebhookEndpoint(input: $input) {
    deletedWebhookEndpointId
    userErrors {
      code
      field
      message
    }
  }
}
    `,J=i`
    mutation RotateWebhookSecret($input: RotateWebhookSecretInput!) {
  rotateWebhookSecret(input: $input) {
    secret
    userErrors {
      code
      field
      message
    }
  }
}
    `,Y=i`
    mutation RevokeFormerWebhookSecret($input: RevokeFormerWebhookSecretInput!) {
  revokeFormerWebhookSecret(input: $input) {
    webhookEndpoint {
      ...WebhookEndpointRow
    }
    userErrors {
      code
      field
      message
    }
  }
}
    ${c}`,X=i`
    mutation Redeliver($input: RedeliverInput!) {
  redeliver(input: $input) {
    webhookDelivery {
      ...WebhookDeliveryRow
    }
    userErrors {
      code
      field
      message
    }
  }
}
    ${l}`,Z=i`
    mutation SendTestWebhook($input: SendTestWebhookInput!) {
  sendTestWebhook(input: $input) {
    webhookDelivery {
      ...WebhookDeliveryRow
    }
    userErrors {
      code
      field
      message
    }
  }
}
    ${l}`,Q=i`
    query BulkJobs($first: Int) {
  bulkJobs(first: $first) {
    nodes {
      ...BulkJobRow
    }
  }
}
    ${u}`,ne=i`
    query BulkJob($id: ID!) {
  bulkJob(id: $id) {
    ...BulkJobRow
  }
}
    ${u}`,re=i`
    subscription BulkJobProgress($id: ID!) {
  bulkJobProgress(id: $id) {
    ...BulkJobRow
  }
}
    ${u}`,ie=i`
    query BulkRefusals($id: ID!, $first: Int, $after: String) {
  bulkJob(id: $id) {
    id
    refusals(first: $first, after: $after) {
      nodes {
        contactId
        sessionId
        code
        message
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `,ae=i`
    query Named($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on Contact {
      displayName
    }
    ... on Session {
      contactName
    }
  }
}
    `,oe=i`
    query ContactsCountAll($search: String, $filter: ContactFilter) {
  contacts(search: $search, filter: $filter, first: 1) {
    totalCount(max: 10000) {
      value
      exact
    }
  }
}
    `,$=i`
    mutation BulkDeleteContacts($input: BulkDeleteContactsInput!) {
  bulkDeleteContacts(input: $input) {
    count
    token
    job {
      ...BulkJobRow
    }
    userErrors {
      code
      field
      message
    }
  }
}
    ${u}`,se=i`
    mutation CancelBulkJob($id: ID!) {
  cancelBulkJob(input: {id: $id}) {
    job {
      ...BulkJobRow
    }
    userErrors {
      code
      field
      message
    }
  }
}
    ${u}`,ce=i`
    query ExportAllowed {
  workspace {
    id
    exportAllowed
  }
}
    `,le=i`
    query Imports($first: Int, $after: String) {
  importJobs(first: $first, after: $after) {
    nodes {
      ...ImportRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    ${d}`,ue=i`
    query Import($id: ID!) {
  importJob(id: $id) {
    ...ImportRow
    form {
      format
      separator
      encoding
      header
    }
    columns {
      name
      field
      samples
    }
  }
}
    ${d}`,de=i`
    query ImportPreview($input: StartImportInput!, $after: Int!) {
  importPreview(input: $input, after: $after) {
    created
    updated
    unchanged
    refused
    last
    more
    rows {
      row
      outcome
      name
      column
      reason
    }
  }
}
    `,fe=i`
    mutation StartImport($input: StartImportInput!) {
  startImport(input: $input) {
    importJob {
      ...ImportRow
    }
    userErrors {
      code
      field
      message
    }
  }
}
    ${d}`,pe=i`
    mutation CancelImport($id: ID!) {
  cancelImport(input: {id: $id}) {
    importJob {
      ...ImportRow
    }
    userErrors {
      code
      field
      message
    }
  }
}
    ${d}`,me=i`
    query Workspace {
  workspace {
    ...WorkspaceRow
  }
}
    ${f}`,he=i`
    mutation UpdateWorkspace($input: UpdateWorkspaceInput!) {
  updateWorkspace(input: $input) {
    workspace {
      ...WorkspaceRow
    }
    userErrors {
      code
      field
      message
    }
  }
}
    ${f}`;export{P as $,v as A,L as B,k as C,A as D,R as E,F,w as G,Y as H,x as I,fe as J,g as K,b as L,ue as M,de as N,h as O,le as P,he as Q,ae as R,E as S,j as T,J as U,H as V,Z as W,O as X,N as Y,K as Z,V as _,ne as a,G as b,ie as c,p as d,W as et,m as f,y as g,oe as h,$ as i,I as j,ce as k,se as l,T as m,z as n,me as nt,re as o,C as p,_ as q,te as r,Q as s,B as t,U as tt,pe as u,M as v,q as w,S as x,D as y,X as z};