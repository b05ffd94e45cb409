"""No symbolic link is followed, and a file is the user's own or root's."""

import errno
import os

import pytest

from fireside.adapters.own_file import belongs_to, is_own, open_own


def test_a_link_is_refused_and_what_it_leads_to_stays_as_it_is(tmp_path):
    (tmp_path / "diary").write_text("dear diary")
    (tmp_path / "lock").symlink_to("diary")

    with pytest.raises(OSError, match="lock") as caught:
        open_own(tmp_path / "lock", os.O_RDWR | os.O_CREAT | os.O_TRUNC)

    assert caught.value.errno == errno.ELOOP
    assert (tmp_path / "diary").read_text() == "dear diary"


def test_a_new_file_is_for_its_owner_alone(tmp_path):
    os.close(open_own(tmp_path / "new", os.O_RDWR | os.O_CREAT))
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
    assert is_own((tmp_path / "new").stat())


@pytest.mark.parametrize(
    ("user", "owner", "belongs"),
    [(1000, 1000, True), (1000, 0, True), (0, 1000, True), (1000, 1001, False)],
)
def test_whose_a_file_is(user, owner, belongs):
    found = os.stat_result((0o100600, 0, 0, 0, owner, 0, 0, 0, 0, 0))
    assert belongs_to(user, found) is belongs
