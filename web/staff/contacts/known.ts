import { ContactDocument, type ContactRowFragment } from '../generated/graphql'
import { client } from '../server/client'

/** known is a contact as the cache has it; undefined when it does not. */
export function known(id: string): ContactRowFragment | undefined {
  return client.readQuery(ContactDocument, { id }, { requestPolicy: 'cache-only' })?.data?.contact ?? undefined
}
