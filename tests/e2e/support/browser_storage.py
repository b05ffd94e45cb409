"""What a page has stored on its device, where only the browser can tell."""

_LOOK = """count => new Promise(done => {
  const isIt = IS_IT;
  const look = database => {
    const values = database.transaction("values").objectStore("values").getAll();
    values.onsuccess = () => {
      if (values.result.filter(isIt).length < count) return setTimeout(look, 50, database);
      database.close();
      done();
    };
  };
  const open = () => {
    const opening = indexedDB.open("fireside", 1);
    opening.onupgradeneeded = () => opening.transaction.abort();  // the page is to make it
    opening.onerror = event => { event.preventDefault(); setTimeout(open, 50); };
    opening.onsuccess = () => look(opening.result);
  };
  open();
})"""

FORBID_STORAGE = """for (const name of ["indexedDB", "localStorage", "sessionStorage"])
  Object.defineProperty(window, name, {
    get() { throw new DOMException(name, "SecurityError"); },
  });"""


def look_for(is_it: str) -> str:
    """Return a function in JavaScript: its promise is kept when `count` such values are stored."""
    return _LOOK.replace("IS_IT", is_it)


def until_stored(person, is_it: str, count: int = 1) -> None:
    """Wait until so many values are stored of which a function in JavaScript says that they are it.

    How a row looks is known at once, and stored a moment later: a reload may come between.
    """
    person.page.evaluate(look_for(is_it), count)
