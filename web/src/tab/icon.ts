/** The icon of the tab, which shows whether something is unread. */

export const ICON = "./favicon.svg";
const UNREAD_ICON = "./favicon-unread.svg";

export function showIcon(unread: boolean): void {
  const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  const href = unread ? UNREAD_ICON : ICON;
  if (icon && icon.getAttribute("href") !== href) icon.setAttribute("href", href);
}
