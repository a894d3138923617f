import react from '@vitejs/plugin-react'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// What all pages need: not the dialogs, which are loaded when they are opened, nor what only pages of that kind need.
const allPages =
  /node_modules.(?!@radix-ui|graphql-(sse|ws)|react-(remove|style)|aria-hidden|use-(sidecar|callback)|get-nonce|tslib)|staff.(server.(?!stream|socket)|generated.graphql|list.|nav\.|contact.(place|phone|avatar|initials)|views.view|chat.change|contacts.(edit|known|lists|listing|list-query|sort|filter\.ts|channels|columns\.ts)|contacts.selected|chat.lists|menu.(opened|commands)|texts.(en|texts)\.ts|shared.(?!dialog|ask|isolate|copy|field|page[dr]|save|there|more|shortcut))/

// What the table of contacts begins with.
const table = /staff.contacts.(page|row|cell|editor|header|grid|filters|commands|as-query|selection|bulk|live)\.tsx?/

// The staff pages. The build is committed and embedded like the playground: the same source gives the same bytes.
export default defineConfig({
  root: here('.'),
  base: '/staff/',
  // Scripts and styles find each other by where they lie, so that all of it can be below another path.
  experimental: { renderBuiltUrl: (file, { hostType }) => (hostType === 'html' ? `/staff/${file}` : { relative: true }) },
  plugins: [react()],
  build: {
    outDir: process.env.KITH_WEB_OUT ? `${process.env.KITH_WEB_OUT}/staff` : here('../dist/staff'),
    emptyOutDir: true,
    target: 'es2022',
    // A file inlined as data: would need the policy to allow it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      output: {
        // What all pages share is one file, and what the table needs another: as a dozen of small ones they would take a dozen
        // requests.
        codeSplitting: {
          groups: [
            { name: 'shared', test: allPages },
            { name: 'table', test: table },
          ],
        },
      },
    },
  },
  server: { proxy: { '/graphql': { target: 'http://127.0.0.1:8080', ws: true }, '/auth': 'http://127.0.0.1:8080' } },
})
