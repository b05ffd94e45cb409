/** The author of a message, to whom something may be done. */

/** With `unclaimed` the name is nobody's. */
export type Author = { userId: string; username: string; unclaimed: boolean };
