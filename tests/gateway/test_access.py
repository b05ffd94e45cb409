"""Who may call @connections, before and beside the signature."""

import pytest

from localgateway.net.access import Access
from tests.gateway.harness import gateway, on_loop
from tests.gateway.test_management import NEVER_ISSUED, aside, signed_headers

PATH = f"/ws/@connections/{NEVER_ISSUED}"
KEY = Access(strict=True, secrets={"KEY": "SECRET"})


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
@pytest.mark.parametrize("header", ["Origin", "Sec-Fetch-Site"])
@on_loop
async def test_what_comes_from_a_page_is_refused_however_it_is_signed(method, header):
    async with gateway(access=KEY) as running:
        url = f"http://localhost:{running.server.port}{PATH}"
        headers = signed_headers(method, url, b"") | {header: "same-origin"}
        status, answer, _ = await aside(running, method, PATH, b"", headers)

    assert (status, answer["x-amzn-ErrorType"]) == (403, "ForbiddenException")
