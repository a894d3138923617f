import { t } from '../texts/texts'
import { announce } from './announce'

/** copy puts a text on the clipboard, and says so; also where the page is not served securely. */
export function copy(text: string): void {
  const put = (event: ClipboardEvent) => {
    event.clipboardData?.setData('text/plain', text)
    event.preventDefault()
    event.stopImmediatePropagation()
  }
  addEventListener('copy', put, { capture: true, once: true })
  const done = document.execCommand('copy')
  removeEventListener('copy', put, { capture: true })
  announce(done ? t.contacts.table.copied(text) : t.contacts.table.notCopied)
}
