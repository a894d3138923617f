import { t } from '../texts/later'

/** Keys shows the keys of a command: alternatives beside each other. */
export function Keys({ keys }: { keys: readonly string[] }) {
  return (
    <span className="keys">
      {keys.map((each) => (
        <kbd key={each}>{wording(each)}</kbd>
      ))}
    </span>
  )
}

// The names on a keyboard, of those keys whose name is not what they type.
function wording(keys: string): string {
  return keys
    .split('+')
    .map((key) => (t.menu.keyNames as Record<string, string>)[key] ?? key)
    .join(' ')
}
