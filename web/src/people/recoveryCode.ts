/** The code that lets a person back in: groups of letters and digits that look like no others. */

const CHARACTERS = 24;
const CODE = new RegExp(`^[A-HJKMNP-Z2-9]{${CHARACTERS}}$`);

/** Return a typed code without what doesn't matter, or null if it is none. */
export function codeIn(typed: string): string | null {
  const code = typed.replace(/[\s-]+/g, "").toUpperCase();
  return CODE.test(code) ? code : null;
}

export function groupsOf(code: string): string[] {
  return code.split(" ");
}

/** A code that was not kept yet, by the id of its person, so that the next visit can show it. */
const unkept = new Map<string, string>();

export function holdCode(userId: string, code: string): void {
  unkept.set(userId, code);
}

export function heldCode(userId: string): string | null {
  return unkept.get(userId) ?? null;
}

export function dropCode(userId: string): void {
  unkept.delete(userId);
}
