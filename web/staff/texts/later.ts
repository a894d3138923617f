// The texts of the pages that are loaded when they are opened, beside those of all pages. Only such pages may read them: the
// language is known by then.

import { laterEn } from './later-en'
import { language, t as early } from './texts'

const later = language === 'de' ? await import('./later-de').then(({ laterDe }) => laterDe, () => laterEn) : laterEn

/** t holds the texts of both. */
export const t = { ...early, ...later }
