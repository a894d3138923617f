// What a frontend on Relay asks of Kith. Compiled by clients/clients.test.js, never run.

import { graphql } from 'relay-runtime'

export const list = graphql`
  query ContactListQuery($search: String, $orderBy: ContactOrder) {
    viewer {
      subject
      name
      role
      workspace
    }
    ...ContactList_contacts @arguments(search: $search, orderBy: $orderBy)
  }
`

export const contacts = graphql`
  fragment ContactList_contacts on Query
  @argumentDefinitions(
    search: { type: "String" }
    orderBy: { type: "ContactOrder" }
    first: { type: "Int", defaultValue: 25 }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
  )
  @refetchable(queryName: "ContactListPaginationQuery") {
    contacts(search: $search, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before)
      @connection(key: "ContactList_contacts", filters: ["search", "orderBy"]) {
      edges {
        match {
          field
          kind
        }
        node {
          id
          ...ContactList_row
        }
      }
      totalCount {
        value
        exact
      }
      search
      workspaceHasContacts
    }
  }
`

export const row = graphql`
  fragment ContactList_row on Contact
  @argumentDefinitions(first: { type: "Int", defaultValue: 5 }, after: { type: "String" })
  @refetchable(queryName: "ContactListRowPaginationQuery") {
    displayName
    email
    phone
    version
    lastActivityAt
    identities {
      externalId
      channel {
        id
        type
      }
    }
    sessions(first: $first, after: $after, filter: { statuses: [ACTIVE, ESCALATED] })
      @connection(key: "ContactList_sessions", filters: ["filter"]) {
      edges {
        node {
          id
          status
          tag
          lastMessageAt
        }
      }
    }
  }
`

export const edit = graphql`
  mutation ContactListEditMutation($input: UpdateContactInput!) {
    updateContact(input: $input) {
      contact {
        ...ContactList_row
      }
      userErrors {
        code
        field
        message
        contact {
          id
          displayName
        }
      }
    }
  }
`

export const remove = graphql`
  mutation ContactListDeleteMutation($input: DeleteContactInput!, $connections: [ID!]!) {
    deleteContact(input: $input) {
      deletedContactId @deleteEdge(connections: $connections)
      userErrors {
        code
        message
      }
    }
  }
`

export const jump = graphql`
  query ContactListNodeQuery($id: ID!) {
    node(id: $id) {
      __typename
      ... on Contact {
        ...ContactList_row @alias
      }
      ... on Session {
        contactName
        startedAt
        unreadCount
        contact {
          id
        }
      }
      ... on Channel {
        name
        type
        active
      }
    }
  }
`
