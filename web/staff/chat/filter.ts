// Which sessions are shown, as in the address.

import type { SessionFilter, SessionStatus, SessionTag } from '../generated/graphql'
import { address } from '../shared/route'
import { statuses, tags } from './words'

/** Filter is what the address says; empty lists let everything through. */
export interface Filter {
  contact: string
  /** Whether only sessions with unread messages are shown. */
  unread: boolean
  status: readonly SessionStatus[]
  tag: readonly SessionTag[]
  channel: readonly string[]
}

/** filterOf reads a filter out of an address. Unknown statuses and tags are left out. */
export function filterOf(params: URLSearchParams): Filter {
  return {
    contact: params.get('contact') ?? '',
    unread: params.get('unread') === '1',
    status: statuses.filter((each) => params.getAll('status').includes(each)),
    tag: tags.filter((each) => params.getAll('tag').includes(each)),
    channel: [...new Set(params.getAll('channel'))].sort(),
  }
}

/** chatAddress is the address of a filter, with a session opened or not. */
export function chatAddress({ contact, unread, status, tag, channel }: Filter, session = ''): string {
  return address('/staff/chat', { contact, unread: unread ? '1' : '', status, tag, channel, session })
}

/** asked is the filter as the server takes it. */
export function asked({ contact, unread, status, tag, channel }: Filter): SessionFilter {
  return {
    ...(contact && { contactId: contact }),
    ...(unread && { unread }),
    ...(status.length > 0 && { statuses: [...status] }),
    ...(tag.length > 0 && { tags: [...tag] }),
    ...(channel.length > 0 && { channelIds: [...channel] }),
  }
}

/** toggled adds a value to a list, or takes it out. */
export function toggled<Value>(list: readonly Value[], value: Value): Value[] {
  return list.includes(value) ? list.filter((each) => each !== value) : [...list, value]
}
