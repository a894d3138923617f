// The selection of this page.

import type { ContactRowFragment } from '../generated/graphql'
import { announce } from '../shared/announce'
import { number } from '../shared/time'
import { t } from '../texts/texts'
import { most, Selecting } from './selection'

export const selection = new Selecting<ContactRowFragment>(() => announce(t.contacts.selection.full(number(most))))
