"""What the tests of the cloud share: AWS's SDK, which reads its own descriptions once."""

import functools

import pytest
from botocore.loaders import JSONFileLoader


@pytest.fixture(autouse=True, scope="session")
def sdk_reads_each_file_once():
    """Keep what the SDK parsed: each of its sessions would parse every service anew."""
    read = functools.partial(JSONFileLoader.load_file, JSONFileLoader())
    read_once = functools.cache(read)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", lambda _loader, path: read_once(path))
        yield
