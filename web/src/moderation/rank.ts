/** Who may do what to others. The server decides; the page shows only what it would allow. */

import type { User } from "../wire/frames";

export function mayModerate(user: User | null): boolean {
  return user?.claimed === true && (user.role === "moderator" || user.role === "owner");
}
