import{_r as e,br as t,cr as n,ir as r,ur as i}from"./shared-BHOwvWHh.js";var ee=t`
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
    `,f=t`
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
    ${n}`,p=t`
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
    ${i}`,m=t`
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
${i}`,h=t`
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
    ${n}`,g=t`
    mutation ExportContact($input: ExportContactInput!) {
  exportContact(input: $input) {
    document
    userErrors {
      code
      message
    }
  }
}
    `,_=t`
    query ContactsToMerge($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on Contact {
      ...ContactRow
      createdAt
    }
  }
}
    ${n}`,v=t`
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
    `,y=t`
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
    ${n}`,b=t`
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
    `,x=t`
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
    `,S=t`
    subscription SessionNews($after: ID, $filter: SessionFilter) {
  sessionEvents(after: $after, filter: $filter) {
    eventId
    kind
    contactId
  }
}
    `,C=t`
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
    `,w=t`
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
    `,T=t`
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
    ${e}`,E=t`
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
    ${e}`,D=t`
    mutation DeleteSavedView($input: DeleteSavedViewInput!) {
  deleteSavedView(input: $input) {
    deletedSavedViewId
    userErrors {
      code
      message
    }
  }
}
    `,O=t`
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
${i}`,k=t`
    mutation DismissDuplicates($input: DismissDuplicatesInput!) {
  dismissDuplicates(input: $input) {
    dismissedIds
    userErrors {
      code
      message
    }
  }
}
    `,A=t`
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
${a}`,j=t`
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
${a}`,M=t`
    mutation VerifyToken($id: ID!) {
  updateChannel(input: {id: $id}) {
    setup {
      verifyToken
    }
  }
}
    `,N=t`
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
    ${i}`,P=t`
    query FailurePayload($id: ID!) {
  node(id: $id) {
    ... on IngestFailure {
      id
      payload
    }
  }
}
    `,F=t`
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
    `,I=t`
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
    ${i}`,L=t`
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
    `,R=t`
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
${i}`,z=t`
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
    ${o}`,B=t`
    mutation RevokeApiKey($input: RevokeApiKeyInput!) {
  revokeApiKey(input: $input) {
    revokedApiKeyId
    userErrors {
      code
      message
    }
  }
}
    `,V=t`
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
${i}`,H=t`
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
${i}`,U=t`
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
    `,W=t`
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
    ${s}`,G=t`
    mutation DeleteWebhookEndpoint($input: DeleteWebhookEndpointInput!) {
  deleteWebhookEndpoint(input: $input) {
    deletedWebhookEndpointId
    userErrors {
      code
      message
    }
  }
}
    `,K=t`
    mutation RotateWebhookSecret($input: RotateWebhookSecretInput!) {
  rotateWebhookSecret(input: $input) {
    secret
    userErrors {
      code
      message
    }
  }
}
    `,q=t`
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
    ${s}`,J=t`
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
    ${c}`,Y=t`
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
    ${c}`,X=t`
    query BulkJobs($first: Int) {
  bulkJobs(first: $first) {
    nodes {
      ...BulkJobRow
    }
  }
}
    ${l}`,Z=t`
    query BulkJob($id: ID!) {
  bulkJob(id: $id) {
    ...BulkJobRow
  }
}
    ${l}`,Q=t`
    subscription BulkJobProgress($id: ID!) {
  bulkJobProgress(id: $id) {
    ...BulkJobRow
  }
}
    ${l}`,ne=t`
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
    `,re=t`
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
    `,ie=t`
    query ContactsCountAll($search: String, $filter: ContactFilter) {
  contacts(search: $search, filter: $filter, first: 1) {
    totalCount(max: 10000) {
      value
      exact
    }
  }
}
    `,ae=t`
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
    ${l}`,oe=t`
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
    ${l}`,$=t`
    query ExportAllowed {
  workspace {
    id
    exportAllowed
  }
}
    `,se=t`
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
    ${u}`,ce=t`
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
    ${u}`,le=t`
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
    `,ue=t`
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
    ${u}`,de=t`
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
    ${u}`,fe=t`
    query Workspace {
  workspace {
    ...WorkspaceRow
  }
}
    ${d}`,pe=t`
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