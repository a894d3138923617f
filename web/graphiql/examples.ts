// The tabs that the playground opens with.

type Tab = { query: string; variables?: string }

// An id that was never issued: the server answers as for any contact that is not there.
const nobody = 'contact_' + '0'.repeat(32)

/** examples are operations that run as they are; contactId is a contact to try the edit and the sessions on. */
export function examples(contactId: string | undefined): Tab[] {
  const someone = JSON.stringify(contactId ?? nobody)
  return [
    {
      query: `# Who wrote last, and their newest session.
# Ctrl-Enter runs it.
query ListContacts($first: Int, $after: String) {
  contacts(first: $first, after: $after) {
    nodes {
      id
      displayName
      email
      phone
      lastActivityAt
      sessions(first: 1) {
        nodes {
          status
          lastMessagePreview
          channel { name type }
        }
      }
    }
    pageInfo { hasNextPage endCursor }
    totalCount { value exact }
  }
}
`,
      variables: `{
  "first": 10,
  // For the next page, put pageInfo.endCursor here.
  "after": null
}
`,
    },
    {
      query: `# One search over name, email and phone: parts of words
# in any order, phone numbers in any notation.
query SearchContacts($search: String!) {
  contacts(search: $search, first: 10) {
    search
    edges {
      match { field kind }
      node { id displayName email phone }
    }
    totalCount { value exact }
    workspaceHasContacts
  }
}
`,
      variables: `{
  "search": "an"
}
`,
    },
    {
      query: `# A value that cannot be saved is refused in userErrors,
# with a message to show; the contact stays unchanged.
mutation EditContact($input: UpdateContactInput!) {
  updateContact(input: $input) {
    contact { id displayName email version }
    userErrors { code field message }
  }
}
`,
      variables: `{
  "input": {
    // Ids come from contacts { nodes { id } }.
    "id": ${someone},
    "email": "not an address"
  }
}
`,
    },
    {
      query: `# Deleting is permanent. The contact's sessions stay,
# as Anonymous.
mutation DeleteContact($input: DeleteContactInput!) {
  deleteContact(input: $input) {
    deletedContactId
    userErrors { code field message }
  }
}
`,
      variables: `{
  "input": {
    // No contact has this id. To delete one, put its
    // id here: contacts { nodes { id } }.
    "id": "${nobody}"
  }
}
`,
    },
    {
      query: `# A contact with its identities on the channels and
# its sessions, newest first.
query ContactSessions($id: ID!) {
  contact(id: $id) {
    displayName
    identities { externalId channel { name type } }
    sessions(first: 5) {
      nodes {
        id
        status
        tag
        lastMessagePreview
        lastMessageAt
        unreadCount
        channel { name type }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
`,
      variables: `{
  // Ids come from contacts { nodes { id } }.
  "id": ${someone}
}
`,
    },
  ]
}
