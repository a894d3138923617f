/** address puts a path and its parameters together, leaving out empty ones. */
export function address(path: string, params: Record<string, string | readonly string[] | undefined>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    for (const each of typeof value === 'string' ? [value] : (value ?? [])) {
      if (each !== '') {
        query.append(name, each)
      }
    }
  }
  return query.size === 0 ? path : `${path}?${query}`
}
