import{_r as e,ar as t,mr as n,sr as r,tr as i}from"./shared-CHJGgZvb.js";var ee=e`
    fragment DuplicateContact on Contact {
  ...ContactRow
  createdAt
  furtherEmails
  furtherPhones
}
    `,a=e`
    fragment Setup on ChannelSetup {
  webhookUrl
  embedSnippet
  secretSet
  accessTokenSet
  allowedDomains
}
    `,o=e`
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
    `,s=e`
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
    `,c=e`
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
    `,l=e`
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
    `,u=e`
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
    `,d=e`
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
    ${t}`,f=e`
    query ContactHistory($id: ID!, $first: Int, $after: String) {
  contact(id: $id) {
    id
    history(first: $first, after: $after) {
      nodes {
        id
        kind
        contactId
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
    ${r}`,p=e`
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
    ${t}
${r}`,m=e`
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
    ${t}`,h=e`
    mutation ExportContact($input: ExportContactInput!) {
  exportContact(input: $input) {
    document
    userErrors {
      code
      message
    }
  }
}
    `,g=e`
    query ContactsToMerge($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on Contact {
      ...ContactRow
      createdAt
    }
  }
}
    ${t}`,_=e`
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
    `,v=e`
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
    ${t}`,y=e`
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
    `,b=e`
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
    `,x=e`
    subscription SessionNews($after: ID, $filter: SessionFilter) {
  sessionEvents(after: $after, filter: $filter) {
    eventId
    kind
    contactId
  }
}
    `,S=e`
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
    `,C=e`
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
    `,w=e`
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
    ${n}`,T=e`
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
    ${n}`,E=e`
    mutation DeleteSavedView($input: DeleteSavedViewInput!) {
  deleteSavedView(input: $input) {
    deletedSavedViewId
    userErrors {
      code
      message
    }
  }
}
    `,D=e`
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
${t}
${r}`,O=e`
    mutation DismissDuplicates($input: DismissDuplicatesInput!) {
  dismissDuplicates(input: $input) {
    dismissedIds
    userErrors {
      code
      message
    }
  }
}
    `,k=e`
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
    ${i}
${a}`,A=e`
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
    ${i}
${a}`,j=e`
    mutation VerifyToken($id: ID!) {
  updateChannel(input: {id: $id}) {
    setup {
      verifyToken
    }
  }
}
    `,M=e`
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
    ${r}`,N=e`
    query FailurePayload($id: ID!) {
  node(id: $id) {
    ... on IngestFailure {
      id
      payload
    }
  }
}
    `,P=e`
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
    `,te=e`
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
    `,F=e`
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
    ${r}`,I=e`
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
    `,L=e`
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
${r}`,R=e`
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
    ${o}`,z=e`
    mutation RevokeApiKey($input: RevokeApiKeyInput!) {
  revokeApiKey(input: $input) {
    revokedApiKeyId
    userErrors {
      code
      message
    }
  }
}
    `,B=e`
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
${r}`,V=e`
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
${r}`,H=e`
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
    `,U=e`
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
    ${s}`,W=e`
    mutation DeleteWebhookEndpoint($input: DeleteWebhookEndpointInput!) {
  deleteWebhookEndpoint(input: $input) {
    deletedWebhookEndpointId
    userErrors {
      code
      message
    }
  }
}
    `,G=e`
    mutation RotateWebhookSecret($input: RotateWebhookSecretInput!) {
  rotateWebhookSecret(input: $input) {
    secret
    userErrors {
      code
      message
    }
  }
}
    `,K=e`
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
    ${s}`,q=e`
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
    ${c}`,J=e`
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
    ${c}`,Y=e`
    query BulkJobs($first: Int) {
  bulkJobs(first: $first) {
    nodes {
      ...BulkJobRow
    }
  }
}
    ${l}`,X=e`
    query BulkJob($id: ID!) {
  bulkJob(id: $id) {
    ...BulkJobRow
  }
}
    ${l}`,Z=e`
    subscription BulkJobProgress($id: ID!) {
  bulkJobProgress(id: $id) {
    ...BulkJobRow
  }
}
    ${l}`,Q=e`
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
    `,ne=e`
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
    `,re=e`
    query ContactsCountAll($search: String, $filter: ContactFilter) {
  contacts(search: $search, filter: $filter, first: 1) {
    totalCount(max: 10000) {
      value
      exact
    }
  }
}
    `,ie=e`
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
    ${l}`,ae=e`
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
    ${l}`,oe=e`
    query ExportAllowed {
  workspace {
    id
    exportAllowed
  }
}
    `,$=e`
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
    ${u}`,se=e`
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
    ${u}`,ce=e`
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
    `,le=e`
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
    ${u}`,ue=e`
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
    ${u}`;export{B as $,h as A,P as B,E as C,D,te as E,M as F,x as G,K as H,v as I,A as J,m as K,_ as L,se as M,ce as N,p as O,$ as P,V as Q,ne as R,C as S,O as T,G as U,z as V,J as W,U as X,T as Y,j as Z,R as _,X as a,H as b,Q as c,d,f,g,re as h,ie as i,N as j,oe as k,ae as l,S as m,F as n,Z as o,b as p,le as q,I as r,Y as s,L as t,ue as u,k as v,W as w,y as x,w as y,q as z};