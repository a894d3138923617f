// A link to the playground can contain an operation: /playground#query=…&variables=… Browsers do not send the part after the #,
// so it is not logged either.

export interface Linked {
  query: string
  variables?: string
}

/** linked is the operation in a fragment, undefined without one. */
export function linked(fragment: string): Linked | undefined {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ''))
  const query = parameters.get('query')
  return query ? { query, variables: parameters.get('variables') ?? undefined } : undefined
}
