import { ExportContactDocument } from '../generated/graphql'
import { mutate } from '../server/client'
import { refusalOf } from '../shared/refusal'
import { t } from '../texts/texts'

/** exportContact saves everything that is stored about a contact as a file, and says what became of it. */
export async function exportContact(id: string): Promise<string> {
  try {
    const { document: text, userErrors } = (await mutate(ExportContactDocument, { input: { id } })).exportContact
    if (text === null) {
      return userErrors[0]?.message ?? t.contact.notExported
    }
    save(text, `${id}.json`)
    return t.contact.exported
  } catch (error) {
    return refusalOf(error, t.contact.notExported)
  }
}

function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000) // the browser reads it after the click
}
