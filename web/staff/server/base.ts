// Where Kith is on its host.

/** base is the path that all of Kith's begin with, such as /kith; empty on a host of its own. Our scripts know it by where they lie. */
export const base = /^https?:\/\/[^/]+(.*)\/staff\/(?:assets|server)\//.exec(import.meta.url)?.[1] ?? ''
