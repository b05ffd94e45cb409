/** The author of a message, about which a moderator may do something. */

/** With `unclaimed` the name is nobody's. */
export type Author = { userId: string; username: string; unclaimed: boolean };
