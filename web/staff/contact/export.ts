import { ExportContactDocument } from '../generated/later'
import { mutate } from '../server/client'
import { refusalOf } from '../shared/refusal'
import { save } from '../shared/save'
import { t } from '../texts/texts'

/** exportContact saves everything that is stored about a contact as a file, and says what became of it. */
export async function exportContact(id: string): Promise<string> {
  try {
    const { document: text, userErrors } = (await mutate(ExportContactDocument, { input: { id } })).exportContact
    if (text === null) {
      return userErrors[0]?.message ?? t.contact.notExported
    }
    save(`${id}.json`, 'application/json', text)
    return t.contact.exported
  } catch (error) {
    return refusalOf(error, t.contact.notExported)
  }
}
