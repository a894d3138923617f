import react from '@vitejs/plugin-react'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const source = (name: string) => fileURLToPath(new URL(`graphiql/${name}`, import.meta.url))

// The playground. Its output is committed and embedded in the binary, so the same source has to give the same bytes: no
// times, no absolute paths, no source maps.
export default defineConfig({
  root: 'graphiql',
  base: '/playground/',
  // Scripts and styles find each other by where they lie, so that all of it can be below another path.
  experimental: { renderBuiltUrl: (file, { hostType }) => (hostType === 'html' ? `/playground/${file}` : { relative: true }) },
  plugins: [react()],
  resolve: {
    alias: [
      { find: 'monaco-editor/esm/vs/editor/edcore.main.js', replacement: source('features.ts') },
      { find: /^prettier\/(plugins\/estree|parser-babel)$/, replacement: source('jsonc.ts') },
      { find: /^.*\/dompurify\/dompurify\.js$/, replacement: source('purify.ts') },
    ],
  },
  // KITH_WEB_OUT lets the check build beside the committed files.
  build: {
    outDir: process.env.KITH_WEB_OUT ? `${process.env.KITH_WEB_OUT}/graphiql` : '../dist/graphiql',
    emptyOutDir: true,
    target: 'es2022',
    // Monaco cannot be split in a way that a browser would notice.
    chunkSizeWarningLimit: 4096,
    modulePreload: { polyfill: false },
    license: { fileName: 'licenses.md' },
  },
  worker: { format: 'es' },
  server: { proxy: { '/graphql': 'http://127.0.0.1:8080' } },
})
