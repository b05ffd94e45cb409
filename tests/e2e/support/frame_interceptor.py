"""Changes, drops and adds frames on their way between a page and the server."""

import json
from collections.abc import Callable

from playwright.sync_api import Page, WebSocketRoute

Pass = Callable[[dict], list[dict]]
"""Takes a frame and returns what goes on in its place."""


class FrameInterceptor:
    """Stands between one page and the server; set up before the page connects."""

    def __init__(self, page: Page, *, up: Pass | None = None, down: Pass | None = None) -> None:
        self.sent: list[dict] = []
        self._page_side: list[WebSocketRoute] = []
        self._up = up or (lambda frame: [frame])
        self._down = down or (lambda frame: [frame])
        page.route_web_socket("**/ws?*", self._route)

    def send_to_page(self, text: str) -> None:
        """Send a frame to the page, as if the server had."""
        self._page_side[-1].send(text)

    def _route(self, page_side: WebSocketRoute) -> None:
        server_side = page_side.connect_to_server()
        self._page_side.append(page_side)
        page_side.on_message(lambda text: self._pass_up(json.loads(text), server_side))
        server_side.on_message(lambda text: self._pass_down(json.loads(text), page_side))

    def _pass_up(self, frame: dict, server_side: WebSocketRoute) -> None:
        self.sent.append(frame)
        for changed in self._up(frame):
            server_side.send(json.dumps(changed))

    def _pass_down(self, frame: dict, page_side: WebSocketRoute) -> None:
        for changed in self._down(frame):
            page_side.send(json.dumps(changed))
