"""Write the tables of options in docs/reference from the commands: `make reference`.

A table stands between `<!-- options of COMMAND -->` or `<!-- settings -->` and `<!-- end -->`.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

import click  # noqa: E402 - beside the next ones

from fireside.cli.main import fireside  # noqa: E402 - found through the line above
from fireside.server.settings import SETTINGS, variable  # noqa: E402

TABLES = re.compile(r"<!-- (options of \w+|settings) -->\n.*?<!-- end -->", re.DOTALL)
PAGES = (ROOT / "docs/reference/cli.md", ROOT / "docs/reference/settings.md")


def main() -> None:
    """Replace the tables in the pages."""
    for page in PAGES:
        page.write_text(with_tables(page.read_text("utf-8")), encoding="utf-8")


def with_tables(text: str) -> str:
    """Return a page with its tables as the commands have them now."""
    return TABLES.sub(lambda found: "\n".join(_between_marks(found[1])), text)


def _between_marks(title: str) -> Iterator[str]:
    yield from (f"<!-- {title} -->", "")
    yield from _settings() if title == "settings" else _options(title.removeprefix("options of "))
    yield from ("", "<!-- end -->")


def _options(name: str) -> Iterator[str]:
    command = fireside.get_command(click.Context(fireside), name)
    assert command is not None, name
    yield from ("| option | meaning |", "|---|---|")
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden and option.name != "help":
            names = [*option.opts, *option.secondary_opts]
            value = f" {option.metavar}" if option.metavar else ""
            spelled = ", ".join(f"`{_cell(spelling + value)}`" for spelling in names)
            needed = "; required" if option.required else ""
            yield f"| {spelled} | {_cell(option.help or '')}{needed} |"


def _settings() -> Iterator[str]:
    yield from ("| flag | environment | `fireside.toml` | meaning |", "|---|---|---|---|")
    for key, setting in SETTINGS.items():
        word = key.replace("_", "-")
        names = [f"--{word}", f"--no-{word}"] if setting.kind == "switch" else [f"--{word}"]
        flags = ", ".join(f"`{name}`" for name in names)
        yield f"| {flags} | `{variable(key)}` | `{key}` | {_cell(setting.help)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    main()
