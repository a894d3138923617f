// The workspace's channels, for choosing contacts by them.

import { useEffect } from 'react'

import { ChannelsDocument, type ChannelsQuery } from '../generated/graphql'
import { query } from '../server/client'
import { onReturn } from '../server/connection'
import { Store, useStore } from '../shared/store'

type Channel = ChannelsQuery['channels']['nodes'][number]

const channels = new Store<readonly Channel[] | undefined>(undefined)
const mostPages = 5

async function load(): Promise<void> {
  const all: Channel[] = []
  let after: string | null = null
  for (let page = 0; page < mostPages; page++) {
    const { channels }: ChannelsQuery = await query(ChannelsDocument, { first: 100, after })
    all.push(...channels.nodes)
    if (!channels.pageInfo.hasNextPage) {
      break
    }
    after = channels.pageInfo.endCursor
  }
  channels.set(all)
}

/** useChannels are the channels once they are known; they are asked for while somebody wants them. */
export function useChannels(wanted: boolean): readonly Channel[] | undefined {
  useEffect(() => {
    if (!wanted) {
      return undefined
    }
    const ask = () => void load().catch(() => {}) // asked again when the server is back
    ask()
    return onReturn(ask)
  }, [wanted])
  return useStore(channels)
}
