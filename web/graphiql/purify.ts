// What Monaco calls of DOMPurify. It replaces the copy that Monaco carries in its own source, which no update of a
// package reaches and no audit of packages sees.

import DOMPurify from 'dompurify'

export const { addHook, removeHook, removeHooks, removeAllHooks, sanitize, isSupported, version } = DOMPurify
export default DOMPurify
