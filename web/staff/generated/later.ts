// Made by generate.js from schema.graphqls and operations.graphql. Do not edit.

import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
import { gql } from '@urql/core';

import { ContactRowFragmentDoc, PageFragmentDoc, ChannelRowFragmentDoc } from './graphql';
import type { DuplicateContactFragment, SetupFragment, ApiKeyRowFragment, DuplicatesQuery, DuplicatesQueryVariables, DismissDuplicatesMutation, DismissDuplicatesMutationVariables, CreateChannelMutation, CreateChannelMutationVariables, UpdateChannelMutation, UpdateChannelMutationVariables, VerifyTokenMutation, VerifyTokenMutationVariables, IngestFailuresQuery, IngestFailuresQueryVariables, FailurePayloadQuery, FailurePayloadQueryVariables, ReplayIngestFailuresMutation, ReplayIngestFailuresMutationVariables, DismissIngestFailuresMutation, DismissIngestFailuresMutationVariables, AuditLogQuery, AuditLogQueryVariables, AuditObjectsQuery, AuditObjectsQueryVariables, ApiKeysQuery, ApiKeysQueryVariables, CreateApiKeyMutation, CreateApiKeyMutationVariables, RevokeApiKeyMutation, RevokeApiKeyMutationVariables } from './graphql';

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
      message
    }
  }
}
    ` as unknown as DocumentNode<RevokeApiKeyMutation, RevokeApiKeyMutationVariables>;