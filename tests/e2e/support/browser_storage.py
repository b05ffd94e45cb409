"""What a page has stored on its device, where only the browser can tell."""

_LOOK = """count => new Promise(done => {
  const isIt = IS_IT;
  const opening = indexedDB.open("fireside", 1);
  const look = () => {
    const values = opening.result.transaction("values").objectStore("values").getAll();
    values.onsuccess = () =>
      values.result.filter(isIt).length >= count ? done() : setTimeout(look, 50);
  };
  opening.onsuccess = look;
})"""


def until_stored(person, is_it: str, count: int = 1) -> None:
    """Wait until so many values are stored of which a function in JavaScript says that they are it.

    How a row looks is known at once, and stored a moment later: a reload may come between.
    """
    person.page.evaluate(_LOOK.replace("IS_IT", is_it), count)
