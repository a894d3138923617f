// What the pages say, in the language that the browser prefers among ours. Another language is one more file, and one more
// line here.

import { en } from './en'

/** Texts are the texts of one language. */
export type Texts = typeof en

const languages: Record<string, () => Promise<Texts>> = {
  en: async () => en,
  de: async () => (await import('./de')).de,
}

/** t holds the texts. Read it where a text is shown, not when a module is loaded: the language is not known then. */
export let t: Texts = en

/** locale is the language with its region, for times and numbers (BCP 47). */
export let locale = 'en'

/** language is the one of the texts. */
export let language = 'en'

/** chooseLanguage must have resolved before anything is shown. */
export async function chooseLanguage(preferred: readonly string[] = navigator.languages): Promise<void> {
  for (const each of preferred) {
    const name = each.split('-', 1)[0]!.toLowerCase()
    const texts = languages[name]
    if (texts) {
      t = await texts().catch(() => en) // the pages still work when a file cannot be loaded
      language = t === en ? 'en' : name
      locale = language === name ? each : 'en'
      document.documentElement.lang = locale
      return
    }
  }
}
