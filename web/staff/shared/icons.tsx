import type { ReactNode } from 'react'

import type { ChannelType } from '../generated/graphql'
import { t } from '../texts/texts'

function Icon({ children, label }: { children: ReactNode; label?: string }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 20 20"
      {...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': true })}
    >
      {label && <title>{label}</title>}
      {children}
    </svg>
  )
}

export const SearchIcon = () => (
  <Icon>
    <circle cx="8.5" cy="8.5" r="5.5" />
    <path d="m13 13 4.5 4.5" />
  </Icon>
)

export const BinIcon = () => (
  <Icon>
    <path d="M3.5 5.5h13M8 5.5v-2h4v2M5 5.5l.8 11h8.4l.8-11M8.4 8.5v5M11.6 8.5v5" />
  </Icon>
)

export const CrossIcon = () => (
  <Icon>
    <path d="m5 5 10 10M15 5 5 15" />
  </Icon>
)

export const BackIcon = () => (
  <Icon>
    <path d="M16 10H4.5M9 5l-5 5 5 5" />
  </Icon>
)

export const FilterIcon = () => (
  <Icon>
    <path d="M3 5.5h14M5.5 10h9M8 14.5h4" />
  </Icon>
)

export const CopyIcon = () => (
  <Icon>
    <rect x="7" y="7" width="10" height="10" rx="2" />
    <path d="M13 7V5a2 2 0 0 0-2-2H5a2 2 0 0 0-2 2v6a2 2 0 0 0 2 2h2" />
  </Icon>
)

export const MailIcon = () => (
  <Icon>
    <rect x="2.5" y="4.5" width="15" height="11" rx="2" />
    <path d="m3 6.5 7 5 7-5" />
  </Icon>
)

export const PhoneIcon = () => (
  <Icon>
    <path d="M4 3.5h3l1.5 4-2 1.5a10 10 0 0 0 4.5 4.5l1.5-2 4 1.5v3c0 .8-.7 1.5-1.5 1.5C8.5 17 3 11.5 2.5 5c0-.8.7-1.5 1.5-1.5z" />
  </Icon>
)

export const ColumnsIcon = () => (
  <Icon>
    <rect x="3" y="4" width="14" height="12" rx="2" />
    <path d="M8 4v12M12.5 4v12" />
  </Icon>
)

export const DownloadIcon = () => (
  <Icon>
    <path d="M10 3v9M6.5 8.5 10 12l3.5-3.5M4 16h12" />
  </Icon>
)

export const MergeIcon = () => (
  <Icon>
    <path d="M5 3v3c0 3 5 3.5 5 7v4M15 3v3c0 3-5 3.5-5 7" />
  </Icon>
)

export const UpIcon = () => (
  <Icon>
    <path d="m4.5 12.5 5.5-5.5 5.5 5.5" />
  </Icon>
)

export const DownIcon = () => (
  <Icon>
    <path d="m4.5 7.5 5.5 5.5 5.5-5.5" />
  </Icon>
)

/** PanelIcon is a page with a part of it set off at its end. */
export const PanelIcon = () => (
  <Icon>
    <rect x="3" y="4" width="14" height="12" rx="2" />
    <path d="M11.5 4v12" />
  </Icon>
)

export const ChevronIcon = () => (
  <Icon>
    <path d="m6 8 4 4 4-4" />
  </Icon>
)

/** channelNames are what people call the messaging products. */
export const channelNames: Record<ChannelType, string> = {
  get HTML_EMBED() {
    return t.app.webChat
  },
  FACEBOOK: 'Messenger',
  INSTAGRAM: 'Instagram',
  TELEGRAM: 'Telegram',
  WHATSAPP: 'WhatsApp',
  TIKTOK: 'TikTok',
}

const drawings: Record<ChannelType, ReactNode> = {
  HTML_EMBED: <path d="M3 4.5h14v9.5H9.5L6 17v-3H3zM8 7.2 6.2 9.2 8 11.2M12 7.2l1.8 2-1.8 2" />,
  FACEBOOK: (
    <>
      <path d="M10 3c-4 0-7 2.8-7 6.6 0 2 .9 3.8 2.4 5v2.6l2.4-1.3c.7.2 1.400.3 2.200.3 4 0 7-2.8 7-6.6S14 3 10 3z" />
      <path d="m5.8 11.4 3-3.2 2.3 2.2 3.1-2.2" />
    </>
  ),
  INSTAGRAM: (
    <>
      <rect x="3" y="3" width="14" height="14" rx="4" />
      <circle cx="10" cy="10" r="3.3" />
      <path d="M14 6h.01" />
    </>
  ),
  TELEGRAM: <path d="m2.8 9.6 14.4-5.8-2.6 12.6-4.8-3.6-2.3 2.3-.3-4 7.2-5.4" />,
  WHATSAPP: (
    <>
      <path d="M3 17l1.1-3.5A7 7 0 1 1 6.6 16z" />
      <path d="M7.5 7.2c-.2 2.8 2.5 5.5 5.3 5.3l.5-1.6-1.8-.8-.8.7c-.8-.4-1.4-1-1.7-1.7l.7-.8-.8-1.8z" />
    </>
  ),
  TIKTOK: <path d="M11 3v9.8a2.7 2.7 0 1 1-2.7-2.7M11 3c.3 2.3 1.9 3.8 4.2 4" />,
}

/** ChannelIcon shows a messaging product; its label is the channel's name where there is one. */
export function ChannelIcon({ type, name }: { type: ChannelType; name?: string }) {
  return (
    <Icon label={name && name !== channelNames[type] ? `${channelNames[type]}: ${name}` : channelNames[type]}>
      {drawings[type]}
    </Icon>
  )
}

export const ViewsIcon = () => (
  <Icon>
    <path d="m10 4 7 4-7 4-7-4zM3 12l7 4 7-4" />
  </Icon>
)
