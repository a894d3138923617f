// A Prettier language in a page: JSON with comments, laid out by jsonc-parser, which GraphiQL brings anyway. It stands in
// for Prettier's own parser and printer of JavaScript, half a megabyte that the playground would need for variables alone.

import { applyEdits, format } from 'jsonc-parser'

type Text = { text: string }

/** parsers and printers are what Prettier asks of a plugin. */
export const parsers = {
  jsonc: {
    astFormat: 'jsonc-text',
    parse: (text: string): Text => ({ text }),
    locStart: () => 0,
    locEnd: (node: Text) => node.text.length,
  },
}

export const printers = {
  'jsonc-text': {
    print(path: { node: Text }): string {
      const { text } = path.node
      return applyEdits(text, format(text, undefined, { insertSpaces: true, tabSize: 2, insertFinalNewline: true }))
    },
  },
}
