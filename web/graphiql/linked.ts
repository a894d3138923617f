// A link to the playground may bring an operation along: /playground#query=…&variables=… What stands behind the # is not sent
// to any server, nor written to its logs.

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
