"""A browser that translates the page, or an extension that marks its words: both wrap its texts."""

MOVED, REPLACED = "moved", "replaced"
"""Whether the page's own text node goes into the `<font>`, or is thrown away for another."""

HOWS = (REPLACED, MOVED)

_TRANSLATE = """how => {
  const wrap = text => {
    const font = document.createElement("font");
    text.replaceWith(font);
    const inner = font.appendChild(document.createElement("font"));
    inner.append(how === "moved" ? text : text.data);
  };
  const translate = () => {
    const all = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (all.nextNode()) texts.push(all.currentNode);
    for (const text of texts)
      if (!text.parentElement.closest("font, head, script, noscript, textarea")) wrap(text);
  };
  new MutationObserver(translate).observe(document, {
    childList: true, characterData: true, subtree: true,
  });
  translate();
}"""


def translate(page, how: str) -> None:
    """Wrap each text of the page in `<font>`, now and whenever one comes or changes.

    Every text, also blanks between others: real translators are more careful, so the page may not
    depend on that.
    """
    page.evaluate(_TRANSLATE, how)


def translate_from_the_start(context, how: str) -> None:
    """Do so on every page of a browser, as soon as it opens."""
    context.add_init_script(f"({_TRANSLATE})({how!r})")
