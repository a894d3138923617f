import{_r as e,br as t,cr as n,ir as r,ur as i}from"./shared-duuTnRnE.js";var ee=t`
    fragment DuplicateContact on Contact {
  ...ContactRow
  createdAt
  furtherEmails
  furtherPhones
}
    `,a=t`
    fragment Setup on ChannelSetup {
  webhookUrl
  embedSnippet
  secretSet
  accessTokenSet
  allowedDomains
}
    `,o=t`
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
    `,s=t`
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
    `,c=t`
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
    `,l=t`
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
    `,u=t`
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
    `,d=t`
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
    ${n}`,f=t`
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
    ${i}`,p=t`
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
${i}`,m=t`
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
    ${n}`,h=t`
    mutation ExportContact($input: ExportContactInput!) {
  exportContact(input: $input) {
    document
    userErrors {
      code
      message
    }
  }
}
    `,g=t`
    query ContactsToMerge($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on Contact {
      ...ContactRow
      createdAt
    }
  }
}
    ${n}`,_=t`
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
    `,v=t`
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
    ${n}`,y=t`
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
    `,b=t`
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
    `,x=t`
    subscription SessionNews($after: ID, $filter: SessionFilter) {
  sessionEvents(after: $after, filter: $filter) {
    eventId
    kind
    contactId
  }
}
    `,S=t`
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
    `,C=t`
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
    `,w=t`
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
    ${e}`,T=t`
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
    ${e}`,E=t`
    mutation DeleteSavedView($input: DeleteSavedViewInput!) {
  deleteSavedView(input: $input) {
    deletedSavedViewId
    userErrors {
      code
      message
    }
  }
}
    `,D=t`
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
${i}`,O=t`
    mutation DismissDuplicates($input: DismissDuplicatesInput!) {
  dismissDuplicates(input: $input) {
    dismissedIds
    userErrors {
      code
      message
    }
  }
}
    `,k=t`
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
    ${r}
${a}`,A=t`
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
    ${r}
${a}`,j=t`
    mutation VerifyToken($id: ID!) {
  updateChannel(input: {id: $id}) {
    setup {
      verifyToken
    }
  }
}
    `,M=t`
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
    ${i}`,N=t`
    query FailurePayload($id: ID!) {
  node(id: $id) {
    ... on IngestFailure {
      id
      payload
    }
  }
}
    `,P=t`
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
    `,te=t`
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
    `,F=t`
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
    ${i}`,I=t`
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
    `,L=t`
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
${i}`,R=t`
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
    ${o}`,z=t`
    mutation RevokeApiKey($input: RevokeApiKeyInput!) {
  revokeApiKey(input: $input) {
    revokedApiKeyId
    userErrors {
      code
      message
    }
  }
}
    `,B=t`
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
${i}`,V=t`
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
${i}`,H=t`
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
    `,U=t`
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
    ${s}`,W=t`
    mutation DeleteWebhookEndpoint($input: DeleteWebhookEndpointInput!) {
  deleteWebhookEndpoint(input: $input) {
    deletedWebhookEndpointId
    userErrors {
      code
      message
    }
  }
}
    `,G=t`
    mutation RotateWebhookSecret($input: RotateWebhookSecretInput!) {
  rotateWebhookSecret(input: $input) {
    secret
    userErrors {
      code
      message
    }
  }
}
    `,K=t`
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
    ${s}`,q=t`
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
    ${c}`,J=t`
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
    ${c}`,Y=t`
    query BulkJobs($first: Int) {
  bulkJobs(first: $first) {
    nodes {
      ...BulkJobRow
    }
  }
}
    ${l}`,X=t`
    query BulkJob($id: ID!) {
  bulkJob(id: $id) {
    ...BulkJobRow
  }
}
    ${l}`,Z=t`
    subscription BulkJobProgress($id: ID!) {
  bulkJobProgress(id: $id) {
    ...BulkJobRow
  }
}
    ${l}`,Q=t`
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
    `,ne=t`
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
    `,re=t`
    query ContactsCountAll($search: String, $filter: ContactFilter) {
  contacts(search: $search, filter: $filter, first: 1) {
    totalCount(max: 10000) {
      value
      exact
    }
  }
}
    `,ie=t`
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
    ${l}`,ae=t`
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
    ${l}`,oe=t`
    query ExportAllowed {
  workspace {
    id
    exportAllowed
  }
}
    `,$=t`
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
    ${u}`,se=t`
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
    ${u}`,ce=t`
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
    `,le=t`
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
    ${u}`,ue=t`
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