import { Unreachable } from '../server/client'
import { t } from '../texts/texts'

/** refusalOf says why a change was not made: what was not done comes first when the server cannot be reached. */
export function refusalOf(error: unknown, notDone: string): string {
  if (error instanceof Unreachable) {
    return `${notDone} ${t.contact.unreachable}`
  }
  return error instanceof Error ? error.message : String(error)
}
