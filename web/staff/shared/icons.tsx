import type { ReactNode } from 'react'

import type { ChannelType } from '../generated/graphql'

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

/** channelNames are what people call the messaging products. */
export const channelNames: Record<ChannelType, string> = {
  HTML_EMBED: 'Web chat',
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
