/* Applies the theme of this device before the first paint, so that nothing flashes. */
try {
  // The same key as in storage.ts: a chat behind a path has its own.
  const folder = location.pathname.replace(/[^/]*$/, "").replace(/\/$/, "");
  const theme = localStorage.getItem(`fireside${folder}.theme`);
  if (theme === "light" || theme === "dark") {
    document.documentElement.dataset.theme = theme;
    // The browser's own bars; settings.ts does the same when one chooses.
    for (const meta of document.querySelectorAll("meta[name=theme-color]"))
      meta.setAttribute("media", meta.dataset.theme === theme ? "all" : "not all");
  }
} catch {
  // No storage: the system's theme.
}
