// Made by generate.js from schema.graphqls and operations.graphql. Do not edit.

import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
import { gql } from '@urql/core';

import { ContactRowFragmentDoc, PageFragmentDoc, SessionRowFragmentDoc, ViewRowFragmentDoc, ChannelRowFragmentDoc } from './graphql';
import type { DuplicateContactFragment, SetupFragment, ApiKeyRowFragment, WebhookEndpointRowFragment, WebhookDeliveryRowFragment, BulkJobRowFragment, ImportRowFragment, WorkspaceRowFragment, ContactDetailsQuery, ContactDetailsQueryVariables, ContactHistoryQuery, ContactHistoryQueryVariables, DuplicatesOfQuery, DuplicatesOfQueryVariables, SessionsOfQuery, SessionsOfQueryVariables, SplitContactMutation, SplitContactMutationVariables, ExportContactMutation, ExportContactMutationVariables, ContactsToMergeQuery, ContactsToMergeQueryVariables, MergePreviewQuery, MergePreviewQueryVariables, MergeContactsMutation, MergeContactsMutationVariables, DeleteContactMutation, DeleteContactMutationVariables, ContactNewsSubscription, ContactNewsSubscriptionVariables, SessionNewsSubscription, SessionNewsSubscriptionVariables, ContactSearchQuery, ContactSearchQueryVariables, DeleteContactsMutation, DeleteContactsMutationVariables, CreateSavedViewMutation, CreateSavedViewMutationVariables, UpdateSavedViewMutation, UpdateSavedViewMutationVariables, DeleteSavedViewMutation, DeleteSavedViewMutationVariables, DuplicatesQuery, DuplicatesQueryVariables, DismissDuplicatesMutation, DismissDuplicatesMutationVariables, CreateChannelMutation, CreateChannelMutationVariables, UpdateChannelMutation, UpdateChannelMutationVariables, VerifyTokenMutation, VerifyTokenMutationVariables, IngestFailuresQuery, IngestFailuresQueryVariables, FailurePayloadQuery, FailurePayloadQueryVariables, ReplayIngestFailuresMutation, ReplayIngestFailuresMutationVariables, DismissIngestFailuresMutation, DismissIngestFailuresMutationVariables, AuditLogQuery, AuditLogQueryVariables, AuditObjectsQuery, AuditObjectsQueryVariables, ApiKeysQuery, ApiKeysQueryVariables, CreateApiKeyMutation, CreateApiKeyMutationVariables, RevokeApiKeyMutation, RevokeApiKeyMutationVariables, WebhookEndpointsQuery, WebhookEndpointsQueryVariables, WebhookDeliveriesQuery, WebhookDeliveriesQueryVariables, CreateWebhookEndpointMutation, CreateWebhookEndpointMutationVariables, UpdateWebhookEndpointMutation, UpdateWebhookEndpointMutationVariables, DeleteWebhookEndpointMutation, DeleteWebhookEndpointMutationVariables, RotateWebhookSecretMutation, RotateWebhookSecretMutationVariables, RevokeFormerWebhookSecretMutation, RevokeFormerWebhookSecretMutationVariables, RedeliverMutation, RedeliverMutationVariables, SendTestWebhookMutation, SendTestWebhookMutationVariables, BulkJobsQuery, BulkJobsQueryVariables, BulkJobQuery, BulkJobQueryVariables, BulkJobProgressSubscription, BulkJobProgressSubscriptionVariables, BulkRefusalsQuery, BulkRefusalsQueryVariables, NamedQuery, NamedQueryVariables, ContactsCountAllQuery, ContactsCountAllQueryVariables, BulkDeleteContactsMutation, BulkDeleteContactsMutationVariables, CancelBulkJobMutation, CancelBulkJobMutationVariables, ExportAllowedQuery, ExportAllowedQueryVariables, ImportsQuery, ImportsQueryVariables, ImportQuery, ImportQueryVariables, ImportPreviewQuery, ImportPreviewQueryVariables, StartImportMutation, StartImportMutationVariables, CancelImportMutation, CancelImportMutationVariables, WorkspaceQuery, WorkspaceQueryVariables, UpdateWorkspaceMutation, UpdateWorkspaceMutationVariables } from './graphql';

export const DuplicateContactFragmentDoc = /*#__PURE__*/ gql`
    fragment DuplicateContact on Contact {
  ...ContactRow
  createdAt
  furtherEmails
  furtherPhones
}
    ` as unknown as DocumentNode<DuplicateContactFragment, unknown>;
export const SetupFragmentDoc = /*#__PURE__*/ gql`
    fragment Setup on ChannelSetup {
  webhookUrl
  embedSnippet
  secretSet
  accessTokenSet
  allowedDomains
}
    ` as unknown as DocumentNode<SetupFragment, unknown>;
export const ApiKeyRowFragmentDoc = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<ApiKeyRowFragment, unknown>;
export const WebhookEndpointRowFragmentDoc = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<WebhookEndpointRowFragment, unknown>;
export const WebhookDeliveryRowFragmentDoc = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<WebhookDeliveryRowFragment, unknown>;
export const BulkJobRowFragmentDoc = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<BulkJobRowFragment, unknown>;
export const ImportRowFragmentDoc = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<ImportRowFragment, unknown>;
export const WorkspaceRowFragmentDoc = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<WorkspaceRowFragment, unknown>;
export const ContactDetailsDocument = /*#__PURE__*/ gql`
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
    ${ContactRowFragmentDoc}` as unknown as DocumentNode<ContactDetailsQuery, ContactDetailsQueryVariables>;
export const ContactHistoryDocument = /*#__PURE__*/ gql`
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
    ${PageFragmentDoc}` as unknown as DocumentNode<ContactHistoryQuery, ContactHistoryQueryVariables>;
export const DuplicatesOfDocument = /*#__PURE__*/ gql`
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
    ${ContactRowFragmentDoc}
${PageFragmentDoc}` as unknown as DocumentNode<DuplicatesOfQuery, DuplicatesOfQueryVariables>;
export const SessionsOfDocument = /*#__PURE__*/ gql`
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
    ${SessionRowFragmentDoc}
${PageFragmentDoc}` as unknown as DocumentNode<SessionsOfQuery, SessionsOfQueryVariables>;
export const SplitContactDocument = /*#__PURE__*/ gql`
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
    ${ContactRowFragmentDoc}` as unknown as DocumentNode<SplitContactMutation, SplitContactMutationVariables>;
export const ExportContactDocument = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<ExportContactMutation, ExportContactMutationVariables>;
export const ContactsToMergeDocument = /*#__PURE__*/ gql`
    query ContactsToMerge($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on Contact {
      ...ContactRow
      createdAt
    }
  }
}
    ${ContactRowFragmentDoc}` as unknown as DocumentNode<ContactsToMergeQuery, ContactsToMergeQueryVariables>;
export const MergePreviewDocument = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<MergePreviewQuery, MergePreviewQueryVariables>;
export const MergeContactsDocument = /*#__PURE__*/ gql`
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
    ${ContactRowFragmentDoc}` as unknown as DocumentNode<MergeContactsMutation, MergeContactsMutationVariables>;
export const DeleteContactDocument = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<DeleteContactMutation, DeleteContactMutationVariables>;
export const ContactNewsDocument = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<ContactNewsSubscription, ContactNewsSubscriptionVariables>;
export const SessionNewsDocument = /*#__PURE__*/ gql`
    subscription SessionNews($after: ID, $filter: SessionFilter) {
  sessionEvents(after: $after, filter: $filter) {
    eventId
    kind
    contactId
  }
}
    ` as unknown as DocumentNode<SessionNewsSubscription, SessionNewsSubscriptionVariables>;
export const ContactSearchDocument = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<ContactSearchQuery, ContactSearchQueryVariables>;
export const DeleteContactsDocument = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<DeleteContactsMutation, DeleteContactsMutationVariables>;
export const CreateSavedViewDocument = /*#__PURE__*/ gql`
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
    ${ViewRowFragmentDoc}` as unknown as DocumentNode<CreateSavedViewMutation, CreateSavedViewMutationVariables>;
export const UpdateSavedViewDocument = /*#__PURE__*/ gql`
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
    ${ViewRowFragmentDoc}` as unknown as DocumentNode<UpdateSavedViewMutation, UpdateSavedViewMutationVariables>;
export const DeleteSavedViewDocument = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<DeleteSavedViewMutation, DeleteSavedViewMutationVariables>;
export const DuplicatesDocument = /*#__PURE__*/ gql`
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
    ${DuplicateContactFragmentDoc}
${ContactRowFragmentDoc}
${PageFragmentDoc}` as unknown as DocumentNode<DuplicatesQuery, DuplicatesQueryVariables>;
export const DismissDuplicatesDocument = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<DismissDuplicatesMutation, DismissDuplicatesMutationVariables>;
export const CreateChannelDocument = /*#__PURE__*/ gql`
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
    ${ChannelRowFragmentDoc}
${SetupFragmentDoc}` as unknown as DocumentNode<CreateChannelMutation, CreateChannelMutationVariables>;
export const UpdateChannelDocument = /*#__PURE__*/ gql`
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
    ${ChannelRowFragmentDoc}
${SetupFragmentDoc}` as unknown as DocumentNode<UpdateChannelMutation, UpdateChannelMutationVariables>;
export const VerifyTokenDocument = /*#__PURE__*/ gql`
    mutation VerifyToken($id: ID!) {
  updateChannel(input: {id: $id}) {
    setup {
      verifyToken
    }
  }
}
    ` as unknown as DocumentNode<VerifyTokenMutation, VerifyTokenMutationVariables>;
export const IngestFailuresDocument = /*#__PURE__*/ gql`
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
    ${PageFragmentDoc}` as unknown as DocumentNode<IngestFailuresQuery, IngestFailuresQueryVariables>;
export const FailurePayloadDocument = /*#__PURE__*/ gql`
    query FailurePayload($id: ID!) {
  node(id: $id) {
    ... on IngestFailure {
      id
      payload
    }
  }
}
    ` as unknown as DocumentNode<FailurePayloadQuery, FailurePayloadQueryVariables>;
export const ReplayIngestFailuresDocument = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<ReplayIngestFailuresMutation, ReplayIngestFailuresMutationVariables>;
export const DismissIngestFailuresDocument = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<DismissIngestFailuresMutation, DismissIngestFailuresMutationVariables>;
export const AuditLogDocument = /*#__PURE__*/ gql`
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
    ${PageFragmentDoc}` as unknown as DocumentNode<AuditLogQuery, AuditLogQueryVariables>;
export const AuditObjectsDocument = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<AuditObjectsQuery, AuditObjectsQueryVariables>;
export const ApiKeysDocument = /*#__PURE__*/ gql`
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
    ${ApiKeyRowFragmentDoc}
${PageFragmentDoc}` as unknown as DocumentNode<ApiKeysQuery, ApiKeysQueryVariables>;
export const CreateApiKeyDocument = /*#__PURE__*/ gql`
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
    ${ApiKeyRowFragmentDoc}` as unknown as DocumentNode<CreateApiKeyMutation, CreateApiKeyMutationVariables>;
export const RevokeApiKeyDocument = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<RevokeApiKeyMutation, RevokeApiKeyMutationVariables>;
export const WebhookEndpointsDocument = /*#__PURE__*/ gql`
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
    ${WebhookEndpointRowFragmentDoc}
${PageFragmentDoc}` as unknown as DocumentNode<WebhookEndpointsQuery, WebhookEndpointsQueryVariables>;
export const WebhookDeliveriesDocument = /*#__PURE__*/ gql`
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
    ${WebhookDeliveryRowFragmentDoc}
${PageFragmentDoc}` as unknown as DocumentNode<WebhookDeliveriesQuery, WebhookDeliveriesQueryVariables>;
export const CreateWebhookEndpointDocument = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<CreateWebhookEndpointMutation, CreateWebhookEndpointMutationVariables>;
export const UpdateWebhookEndpointDocument = /*#__PURE__*/ gql`
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
    ${WebhookEndpointRowFragmentDoc}` as unknown as DocumentNode<UpdateWebhookEndpointMutation, UpdateWebhookEndpointMutationVariables>;
export const DeleteWebhookEndpointDocument = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<DeleteWebhookEndpointMutation, DeleteWebhookEndpointMutationVariables>;
export const RotateWebhookSecretDocument = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<RotateWebhookSecretMutation, RotateWebhookSecretMutationVariables>;
export const RevokeFormerWebhookSecretDocument = /*#__PURE__*/ gql`
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
    ${WebhookEndpointRowFragmentDoc}` as unknown as DocumentNode<RevokeFormerWebhookSecretMutation, RevokeFormerWebhookSecretMutationVariables>;
export const RedeliverDocument = /*#__PURE__*/ gql`
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
    ${WebhookDeliveryRowFragmentDoc}` as unknown as DocumentNode<RedeliverMutation, RedeliverMutationVariables>;
export const SendTestWebhookDocument = /*#__PURE__*/ gql`
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
    ${WebhookDeliveryRowFragmentDoc}` as unknown as DocumentNode<SendTestWebhookMutation, SendTestWebhookMutationVariables>;
export const BulkJobsDocument = /*#__PURE__*/ gql`
    query BulkJobs($first: Int) {
  bulkJobs(first: $first) {
    nodes {
      ...BulkJobRow
    }
  }
}
    ${BulkJobRowFragmentDoc}` as unknown as DocumentNode<BulkJobsQuery, BulkJobsQueryVariables>;
export const BulkJobDocument = /*#__PURE__*/ gql`
    query BulkJob($id: ID!) {
  bulkJob(id: $id) {
    ...BulkJobRow
  }
}
    ${BulkJobRowFragmentDoc}` as unknown as DocumentNode<BulkJobQuery, BulkJobQueryVariables>;
export const BulkJobProgressDocument = /*#__PURE__*/ gql`
    subscription BulkJobProgress($id: ID!) {
  bulkJobProgress(id: $id) {
    ...BulkJobRow
  }
}
    ${BulkJobRowFragmentDoc}` as unknown as DocumentNode<BulkJobProgressSubscription, BulkJobProgressSubscriptionVariables>;
export const BulkRefusalsDocument = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<BulkRefusalsQuery, BulkRefusalsQueryVariables>;
export const NamedDocument = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<NamedQuery, NamedQueryVariables>;
export const ContactsCountAllDocument = /*#__PURE__*/ gql`
    query ContactsCountAll($search: String, $filter: ContactFilter) {
  contacts(search: $search, filter: $filter, first: 1) {
    totalCount(max: 10000) {
      value
      exact
    }
  }
}
    ` as unknown as DocumentNode<ContactsCountAllQuery, ContactsCountAllQueryVariables>;
export const BulkDeleteContactsDocument = /*#__PURE__*/ gql`
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
    ${BulkJobRowFragmentDoc}` as unknown as DocumentNode<BulkDeleteContactsMutation, BulkDeleteContactsMutationVariables>;
export const CancelBulkJobDocument = /*#__PURE__*/ gql`
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
    ${BulkJobRowFragmentDoc}` as unknown as DocumentNode<CancelBulkJobMutation, CancelBulkJobMutationVariables>;
export const ExportAllowedDocument = /*#__PURE__*/ gql`
    query ExportAllowed {
  workspace {
    id
    exportAllowed
  }
}
    ` as unknown as DocumentNode<ExportAllowedQuery, ExportAllowedQueryVariables>;
export const ImportsDocument = /*#__PURE__*/ gql`
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
    ${ImportRowFragmentDoc}` as unknown as DocumentNode<ImportsQuery, ImportsQueryVariables>;
export const ImportDocument = /*#__PURE__*/ gql`
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
    ${ImportRowFragmentDoc}` as unknown as DocumentNode<ImportQuery, ImportQueryVariables>;
export const ImportPreviewDocument = /*#__PURE__*/ gql`
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
    ` as unknown as DocumentNode<ImportPreviewQuery, ImportPreviewQueryVariables>;
export const StartImportDocument = /*#__PURE__*/ gql`
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
    ${ImportRowFragmentDoc}` as unknown as DocumentNode<StartImportMutation, StartImportMutationVariables>;
export const CancelImportDocument = /*#__PURE__*/ gql`
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
    ${ImportRowFragmentDoc}` as unknown as DocumentNode<CancelImportMutation, CancelImportMutationVariables>;
export const WorkspaceDocument = /*#__PURE__*/ gql`
    query Workspace {
  workspace {
    ...WorkspaceRow
  }
}
    ${WorkspaceRowFragmentDoc}` as unknown as DocumentNode<WorkspaceQuery, WorkspaceQueryVariables>;
export const UpdateWorkspaceDocument = /*#__PURE__*/ gql`
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
    ${WorkspaceRowFragmentDoc}` as unknown as DocumentNode<UpdateWorkspaceMutation, UpdateWorkspaceMutationVariables>;