// Reads from the built pages which versions of a library they carry, and fails when one is too old. A lock file does not
// tell: some packages hold copies of others in their source.
// Usage: node check-bundled.js [DIST]

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, exit } from 'node:process'
import { fileURLToPath } from 'node:url'

// By what a library is known once it is minified, and the first version without a published advisory.
const libraries = [
  { name: 'DOMPurify', known: /\.version=([`'"])(\d[^`'"]*)\1[,;]\w+\.removed=\[\]/g, from: '3.4.12', in: 'graphiql' },
]

const dist = argv[2] ?? fileURLToPath(new URL('dist', import.meta.url))
const complaints = []
for (const { name, known, from, in: page } of libraries) {
  const found = versions(known)
  console.log(`${name}: ${found.map(({ file, version }) => `${version} in ${file}`).join(', ') || 'not found'}`)
  for (const { file, version } of found.filter(({ version }) => older(version, from))) {
    complaints.push(`${file} carries ${name} ${version}: it has to be ${from} or later`)
  }
  // A library that is not recognised any more would pass unseen.
  if (!found.some(({ file }) => file.startsWith(page))) {
    complaints.push(`${name} is not recognised in the files of ${page}: update the pattern that finds it`)
  }
}
for (const complaint of complaints) {
  console.error(complaint)
}
exit(complaints.length === 0 ? 0 : 1)

function versions(known) {
  return readdirSync(dist, { recursive: true })
    .filter((file) => file.endsWith('.js'))
    .flatMap((file) => {
      const all = [...readFileSync(join(dist, file), 'utf8').matchAll(known)].map(([, , version]) => version)
      return [...new Set(all)].map((version) => ({ file, version }))
    })
}

// older compares versions by their numbers; one that is not made of numbers is older than any.
function older(version, than) {
  const a = version.split('.').map(Number)
  const b = than.split('.').map(Number)
  for (let i = 0; i < b.length; i++) {
    if (a[i] !== b[i]) {
      return !(a[i] > b[i])
    }
  }
  return false
}
