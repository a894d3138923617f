// What connecting each messaging product takes.

import type { ChannelType } from '../generated/graphql'

interface Provider {
  /** Whether the provider's secret is needed before anything arrives. */
  needsSecret: boolean
  /** Whether names are looked up with an access token. */
  takesAccessToken: boolean
  /** Whether a token is entered beside the address of the webhook. */
  verifies: boolean
}

/** providers has one row for each product, the ones that most teams begin with first. */
export const providers: Record<ChannelType, Provider> = {
  HTML_EMBED: { needsSecret: false, takesAccessToken: false, verifies: false },
  WHATSAPP: { needsSecret: true, takesAccessToken: false, verifies: true },
  TELEGRAM: { needsSecret: false, takesAccessToken: false, verifies: true },
  FACEBOOK: { needsSecret: true, takesAccessToken: true, verifies: true },
  INSTAGRAM: { needsSecret: true, takesAccessToken: true, verifies: true },
  TIKTOK: { needsSecret: true, takesAccessToken: false, verifies: false },
}

/** types are all products, in that order. */
export const types = Object.keys(providers) as ChannelType[]

/** domainsOf reads the sites that were typed, one on each line or separated by commas or spaces. */
export function domainsOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter((each) => each !== '')
}

/** setWebhook is the command that connects a Telegram bot; the bot's own token stays for the reader to fill in. */
export function setWebhook(url: string, token: string): string {
  return `curl "https://api.telegram.org/bot$BOT_TOKEN/setWebhook" \\\n  -d url="${url}" \\\n  -d secret_token="${token}"`
}

/** isReachable reports whether a provider on the internet could reach an address, as far as the address shows it. */
export function isReachable(webhookUrl: string): boolean {
  const { protocol, hostname } = new URL(webhookUrl)
  return protocol === 'https:' && hostname !== 'localhost' && !/^(127\.|10\.|192\.168\.|\[)/.test(hostname)
}

interface UserError {
  field: readonly string[] | null
  message: string
}

/** problemsOf are the refused fields of an input, by name; the empty name is for what concerns none of them. */
export function problemsOf(errors: readonly UserError[], fields: readonly string[]): Record<string, string> {
  const problems: Record<string, string> = {}
  for (const { field, message } of errors) {
    const name = field?.find((each) => fields.includes(each)) ?? ''
    problems[name] = problems[name] ? `${problems[name]} ${message}` : message
  }
  return problems
}
