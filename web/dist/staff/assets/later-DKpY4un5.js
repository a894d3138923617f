import{ar as e,dr as t,lr as n,vr as r,xr as i}from"./shared-B_id2ygB.js";var ee=i`
    fragment DuplicateContact on Contact {
  ...ContactRow
  createdAt
  furtherEmails
  furtherPhones
}
    `,a=i`
    fragment Setup on ChannelSetup {
  webhookUrl
  embedSnippet
  secretSet
  accessTokenSet
  allowedDomains
}
    `,o=i`
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
    `,s=i`
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
    `,c=i`
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
    `,l=i`
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
    `,u=i`
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
    `,d=i`
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
    `,f=i`
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
    ${n}`,p=i`
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
    ${t}`,m=i`
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
    ${n}
${t}`,h=i`
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
      message
    }
  }
}
    ${n}`,g=i`
    mutation ExportContact($input: ExportContactInput!) {
  exportContact(input: $input) {
    document
    userErrors {
      code
      message
    }
  }
}
    `,_=i`
    query ContactsToMerge($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on Contact {
      ...ContactRow
      createdAt
    }
  }
}
    ${n}`,v=i`
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
      message
    }
  }
}
    `,y=i`
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
      message
    }
  }
}
    ${n}`,b=i`
    mutation DeleteContact($input: DeleteContactInput!) {
  deleteContact(input: $input) {
    deletedContactId
    eventId
    userErrors {
      code
      message
    }
  }
}
    `,x=i`
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
    `,S=i`
    subscription SessionNews($after: ID, $filter: SessionFilter) {
  sessionEvents(after: $after, filter: $filter) {
    eventId
    kind
    contactId
  }
}
    `,C=i`
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
    `,w=i`
    mutation DeleteContacts($input: DeleteContactsInput!) {
  deleteContacts(input: $input) {
    results {
      deletedContactId
      eventId
      userErrors {
        code
        message
      }
    }
  }
}
    `,T=i`
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
    ${r}`,E=i`
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
    ${r}`,D=i`
    mutation DeleteSavedView($input: DeleteSavedViewInput!) {
  deleteSavedView(input: $input) {
    deletedSavedViewId
    userErrors {
      code
      message
    }
  }
}
    `,O=i`
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
${n}
${t}`,k=i`
    mutation DismissDuplicates($input: DismissDuplicatesInput!) {
  dismissDuplicates(input: $input) {
    dismissedIds
    userErrors {
      code
      message
    }
  }
}
    `,A=i`
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
    ${e}
${a}`,j=i`
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
    ${e}
${a}`,M=i`
    mutation VerifyToken($id: ID!) {
  updateChannel(input: {id: $id}) {
    setup {
      verifyToken
    }
  }
}
    `,N=i`
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
    ${t}`,P=i`
    query FailurePayload($id: ID!) {
  node(id: $id) {
    ... on IngestFailure {
      id
      payload
    }
  }
}
    `,F=i`
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
    `,te=i`
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
    `,I=i`
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
    ${t}`,L=i`
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
    `,R=i`
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
    ${o}
${t}`,z=i`
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
    ${o}`,B=i`
    mutation RevokeApiKey($input: RevokeApiKeyInput!) {
  revokeApiKey(input: $input) {
    revokedApiKeyId
    userErrors {
      code
      message
    }
  }
}
    `,V=i`
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
    ${s}
${t}`,H=i`
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
    ${c}
${t}`,U=i`
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
    `,W=i`
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
    ${s}`,G=i`
    mutation DeleteWebhookEndpoint($input: DeleteWebhookEndpointInput!) {
  deleteWebhookEndpoint(input: $input) {
    deletedWebhookEndpointId
    userErrors {
      code
      message
    }
  }
}
    `,K=i`
    mutation RotateWebhookSecret($input: RotateWebhookSecretInput!) {
  rotateWebhookSecret(input: $input) {
    secret
    userErrors {
      code
      message
    }
  }
}
    `,q=i`
    mutation RevokeFormerWebhookSecret($input: RevokeFormerWebhookSecretInput!) {
  revokeFormerWebhookSecret(input: $input) {
    webhookEndpoint {
      ...WebhookEndpointRow
    }
    userErrors {
      code
      message
    }
  }
}
    ${s}`,J=i`
    mutation Redeliver($input: RedeliverInput!) {
  redeliver(input: $input) {
    webhookDelivery {
      ...WebhookDeliveryRow
    }
    userErrors {
      code
      message
    }
  }
}
    ${c}`,Y=i`
    mutation SendTestWebhook($input: SendTestWebhookInput!) {
  sendTestWebhook(input: $input) {
    webhookDelivery {
      ...WebhookDeliveryRow
    }
    userErrors {
      code
      message
    }
  }
}
    ${c}`,X=i`
    query BulkJobs($first: Int) {
  bulkJobs(first: $first) {
    nodes {
      ...BulkJobRow
    }
  }
}
    ${l}`,Z=i`
    query BulkJob($id: ID!) {
  bulkJob(id: $id) {
    ...BulkJobRow
  }
}
    ${l}`,Q=i`
    subscription BulkJobProgress($id: ID!) {
  bulkJobProgress(id: $id) {
    ...BulkJobRow
  }
}
    ${l}`,ne=i`
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
    `,re=i`
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
    `,ie=i`
    query ContactsCountAll($search: String, $filter: ContactFilter) {
  contacts(search: $search, filter: $filter, first: 1) {
    totalCount(max: 10000) {
      value
      exact
    }
  }
}
    `,ae=i`
    mutation BulkDeleteContacts($input: BulkDeleteContactsInput!) {
  bulkDeleteContacts(input: $input) {
    count
    token
    job {
      ...BulkJobRow
    }
    userErrors {
      code
      message
    }
  }
}
    ${l}`,oe=i`
    mutation CancelBulkJob($id: ID!) {
  cancelBulkJob(input: {id: $id}) {
    job {
      ...BulkJobRow
    }
    userErrors {
      code
      message
    }
  }
}
    ${l}`,$=i`
    query ExportAllowed {
  workspace {
    id
    exportAllowed
  }
}
    `,se=i`
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
    ${u}`,ce=i`
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
    ${u}`,le=i`
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
    `,ue=i`
    mutation StartImport($input: StartImportInput!) {
  startImport(input: $input) {
    importJob {
      ...ImportRow
    }
    userErrors {
      code
      message
    }
  }
}
    ${u}`,de=i`
    mutation CancelImport($id: ID!) {
  cancelImport(input: {id: $id}) {
    importJob {
      ...ImportRow
    }
    userErrors {
      code
      message
    }
  }
}
    ${u}`,fe=i`
    query Workspace {
  workspace {
    ...WorkspaceRow
  }
}
    ${d}`,pe=i`
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
    ${d}`;export{H as $,g as A,F as B,D as C,O as D,te as E,N as F,S as G,q as H,y as I,j as J,h as K,v as L,ce as M,le as N,m as O,se as P,M as Q,re as R,w as S,k as T,K as U,B as V,Y as W,W as X,E as Y,pe as Z,z as _,Z as a,U as b,ne as c,f as d,V as et,p as f,_ as g,ie as h,ae as i,P as j,$ as k,oe as l,C as m,I as n,Q as o,x as p,ue as q,L as r,X as s,R as t,fe as tt,de as u,A as v,G as w,b as x,T as y,J as z};