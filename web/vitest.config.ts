import { defineConfig } from 'vitest/config'

// The tests of what the pages decide without a browser.
export default defineConfig({ test: { include: ['staff/**/*.test.js', 'graphiql/**/*.test.js', '*.test.js'] } })
