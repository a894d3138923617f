// Where Kith is on its host.

/** base is the path below which Kith is reached, such as /kith; empty without one. Scripts know it from where they lie. */
export const base = /^https?:\/\/[^/]+(.*)\/staff\/(?:assets|server)\//.exec(import.meta.url)?.[1] ?? ''
