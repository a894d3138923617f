// Country codes of two digits; +1 and +7 have one, all others three.
const two = /^(2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/

interface Phone {
  phone?: string | null | undefined
  phoneInternational?: string | null | undefined
}

/**
 * shownPhone is a number grouped as in its country. The server knows how; of a number that has been typed and not answered yet
 * only the country code is set apart.
 */
export function shownPhone(phone: string, contact: Phone): string {
  const known = contact.phoneInternational
  return known && digits(known) === digits(phone) ? known : spacedPhone(phone)
}

const digits = (text: string) => text.replaceAll(/\D/g, '')

/**
 * spacedPhone sets the country code of a number in E.164 apart. Where an area code ends is not known without a table of
 * each country's numbering plan, so the rest stays together; only the numbers of North America all have one form.
 */
export function spacedPhone(phone: string): string {
  if (!/^\+\d{7,15}$/.test(phone)) {
    return phone
  }
  const all = phone.slice(1)
  const length = /^[17]/.test(all) ? 1 : two.test(all) ? 2 : 3
  const code = all.slice(0, length)
  const rest = all.slice(length)
  if (code === '1' && rest.length === 10) {
    return `+1 ${rest.slice(0, 3)} ${rest.slice(3, 6)} ${rest.slice(6)}`
  }
  return `+${code} ${rest}`
}
