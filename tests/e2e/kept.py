"""What the browser has stored of the page: all that a next page will find."""

from line import wait_until

STORED = """() => new Promise(done => {
  const opening = indexedDB.open("fireside", 1);
  opening.onsuccess = () => {
    const values = opening.result.transaction("values").objectStore("values").getAll();
    values.onsuccess = () => {
      opening.result.close();
      done(values.result);
    };
  };
})"""


def until_stored(person, *names: str) -> None:
    """Wait until the outbox is stored, each draft under the name of its state: rows show it sooner.

    What is being sent is stored as `waiting`.
    """
    wait_until(person, lambda: sorted(it["name"] for it in _parts(person, "draft")) == [*names])


def until_log_stored(person) -> None:
    """Wait until some messages are stored."""
    wait_until(person, lambda: any(_parts(person, "messages")))


def _parts(person, name: str) -> list:
    return [value[name] for value in person.page.evaluate(STORED) if name in value]
