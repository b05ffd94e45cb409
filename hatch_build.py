"""Put the page and api.json into what is built, and refuse to build without the page."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageHook(BuildHookInterface[Any]):
    """Run by hatchling before a wheel or an sdist is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add what lies outside the packages; an editable install reads it where it is."""
        if version == "editable":
            return
        page = Path(self.root, "src/fireside/web/index.html")
        if not page.is_file():
            raise SystemExit("The page is not built: run `make page` first, then build again.")
        if self.target_name == "wheel":
            build_data["force_include"]["api.json"] = "fireside/api.json"
