// The events of what this page did itself, by id: it knows already.

const ids = new Set<string>()
const most = 1_000

/** mine notes the event of an edit made here. */
export function mine(eventId: string | null): void {
  if (eventId === null) {
    return
  }
  ids.add(eventId)
  for (const oldest of ids) {
    if (ids.size <= most) {
      break
    }
    ids.delete(oldest)
  }
}

/** isMine reports whether an edit made here caused an event. */
export function isMine(eventId: string): boolean {
  return ids.has(eventId)
}
