/** Where a link leads. What it shows may be the address of somewhere else. */

/** Return where a link leads, or null when it begins with that. Foreign letters are in Punycode. */
export function destinationOf(shown: string, href: string): string | null {
  const url = new URL(href);
  const text = shown.trim().toLowerCase();
  if (url.protocol === MAIL) {
    const addresses = href.slice(MAIL.length);
    return [href, addresses].includes(shown) ? null : addresses;
  }
  const scheme = `${url.protocol}//`;
  const said = text.startsWith(scheme) ? text.slice(scheme.length) : text;
  const isSaid = said.startsWith(url.host) && HOST_END.test(said.slice(url.host.length));
  if (isSaid) return null;
  return url.protocol === "https:" ? url.host : url.origin;
}

const MAIL = "mailto:";
const HOST_END = /^(?:[/?#]|$)/;

/** What turns the direction of text, so that one reads another address than there is. */
export const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
