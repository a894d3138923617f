import { useRoute } from '../shared/route'
import { Add } from './add'
import { One } from './one'
import { ChannelList } from './list'
import '../style/admin.css'

/** ChannelsPage is the list of channels, one of them, or the steps to a new one, by the address. */
export function ChannelsPage() {
  const { path } = useRoute()
  const id = path.split('/')[3]
  if (id === undefined) {
    return <ChannelList />
  }
  return id === 'new' ? <Add /> : <One key={id} id={id} />
}
