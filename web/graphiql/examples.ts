// The tabs that the playground opens with.

type Tab = { query: string; variables?: string }

// An id that was never issued: the server answers as for any contact that is not there.
const nobody = 'contact_' + '0'.repeat(32)

// Each role may do what those before it may.
const roles = ['READER', 'STAFF', 'ADMIN']

/**
 * examples are operations that run as they are, and change nothing until something is put in. contactId is a contact to
 * try them on; only those that the role may run are there, all of them while it is not known.
 */
export function examples(contactId: string | undefined, role = 'ADMIN'): Tab[] {
  const someone = JSON.stringify(contactId ?? nobody)
  const all: (Tab & { for: string })[] = [
    {
      for: 'READER',
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
      for: 'READER',
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
      for: 'READER',
      query: `# Who has unread messages, of those that have an email.
# Conditions must all hold; values within one are choices.
query FilterContacts($filter: ContactFilter) {
  contacts(filter: $filter, orderBy: { field: NAME }, first: 10) {
    nodes { id displayName email lastActivityAt }
    totalCount(max: 100) { value exact }
  }
}
`,
      variables: `{
  "filter": {
    "hasUnread": true,
    "hasEmail": true
    // and: channelTypes, activeAfter, createdBefore, …
  }
}
`,
    },
    {
      for: 'READER',
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
    {
      for: 'READER',
      query: `# What happens to contacts, as it happens. Run it, then
# save an edit in another tab. It ends with the button.
subscription ContactEvents {
  contactEvents {
    kind
    changedFields
    actor
    at
    contact { id displayName email notes version }
  }
}
`,
    },
    {
      for: 'STAFF',
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
      for: 'STAFF',
      query: `# Makes several contacts one: the survivor gets what the
# others have. undoMerge takes it back. mergePreview says
# what would happen.
mutation MergeContacts($input: MergeContactsInput!) {
  mergeContacts(input: $input) {
    contact { id displayName email phone mergedFrom }
    mergeId
    undoableUntil
    userErrors { code field message }
  }
}
`,
      variables: `{
  "input": {
    "survivorId": ${someone},
    "expectedVersion": 1,
    // No contact has this id. Put that of another one.
    "others": [{ "id": "${nobody}", "expectedVersion": 1 }]
  }
}
`,
    },
    {
      for: 'STAFF',
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
      for: 'ADMIN',
      query: `# Sets a channel up: setup says what to enter at the
# provider. Without a name it is refused: give it one.
mutation CreateChannel($input: CreateChannelInput!) {
  createChannel(input: $input) {
    channel { id name type active }
    setup { webhookUrl verifyToken secretSet }
    userErrors { code field message }
  }
}
`,
      variables: `{
  "input": {
    "name": "",
    "type": "TELEGRAM"
  }
}
`,
    },
    {
      for: 'ADMIN',
      query: `# A credential for a program. Its secret is shown once.
# An expiry in the past is refused: choose another one.
mutation CreateApiKey($input: CreateApiKeyInput!) {
  createApiKey(input: $input) {
    apiKey { id name role expiresAt }
    secret
    userErrors { code field message }
  }
}
`,
      variables: `{
  "input": {
    "name": "Dashboard",
    "role": "READER",
    "expiresAt": "2020-01-01T00:00:00Z"
  }
}
`,
    },
  ]
  return all.filter((each) => roles.indexOf(each.for) <= roles.indexOf(role)).map(({ for: _, ...tab }) => tab)
}
