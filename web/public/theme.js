/* Before the first paint: the theme chosen on this device, so that nothing flashes. */
try {
  const theme = localStorage.getItem("fireside.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // No storage: the system's theme.
}
