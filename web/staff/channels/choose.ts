import { useEffect, useState } from 'react'

import { ChannelsDocument } from '../generated/graphql'
import { query } from '../server/client'

/** useChannels are the channels to choose from, once they are wanted: the first hundred, and who has more leaves it open. */
export function useChannels(wanted: boolean): readonly { id: string; name: string }[] {
  const [channels, setChannels] = useState<readonly { id: string; name: string }[]>([])
  useEffect(() => {
    if (!wanted) {
      return
    }
    const asking = new AbortController()
    query(ChannelsDocument, { first: 100 }, asking.signal).then(
      (answer) => setChannels(answer.channels.nodes),
      () => {}, // any channel can be chosen nevertheless
    )
    return () => asking.abort()
  }, [wanted])
  return channels
}
