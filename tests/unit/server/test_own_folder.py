"""A data folder that other users can change is refused, and the sentence says what to do."""

import os
import stat
from pathlib import Path

import pytest

from fireside.console.exits import CannotStart, ExitCode
from fireside.server.own_folder import examine, members_of, require_own_folder

FOLDER = Path("/srv/chat")
ADA, BOB, ROOT = 1000, 1001, 0
HOUSE, OF_ADA = 100, 1000
GROUPS = {HOUSE: {ADA, BOB}, OF_ADA: {ADA}, ROOT: {ROOT, BOB}}


def folder(mode, owner=ADA, group=OF_ADA):
    return os.stat_result((stat.S_IFDIR | mode, 0, 0, 0, owner, group, 0, 0, 0, 0))


def wrong(found, user=ADA):
    check = examine(FOLDER, found, user, lambda group: GROUPS.get(group, set()))
    return None if check is None else f"{check.found}: {check.remedy}"


@pytest.mark.parametrize(
    ("found", "user"),
    [
        (folder(0o700), ADA),
        (folder(0o755, group=HOUSE), ADA),
        (folder(0o775), ADA),  # what Debian and Fedora make: each user has a group of their own
        (folder(0o2775, owner=ROOT, group=2000), ADA),  # a volume of Kubernetes, with fsGroup
        (folder(0o775, owner=ROOT, group=ROOT), ADA),  # OpenShift: any user, and group 0
        (folder(0o755, owner=ADA), ROOT),  # a folder that Docker mounts from a user's own
        (folder(0o775, owner=ADA), ROOT),
    ],
)
def test_these_are_fine(found, user):
    assert wrong(found, user) is None


ELSEWHERE = (
    "name a new folder in it, --data /srv/chat/chat. Where chmod has no effect (Windows "
    "drives in WSL and Docker Desktop, SMB), choose a folder of Linux or a Docker volume."
)


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o702])
@pytest.mark.parametrize("user", [ADA, ROOT])
def test_not_one_that_everybody_writes_to_not_even_where_files_stay_their_owners(mode, user):
    assert wrong(folder(mode), user) == (
        "Every user of this machine may write to /srv/chat: "
        f"Run `chmod go-w /srv/chat`, or {ELSEWHERE}"
    )


def test_who_does_not_own_it_is_not_told_to_change_it():
    # a volume of k3s, kind or minikube; an emptyDir
    assert wrong(folder(0o777, owner=ROOT, group=ROOT)) == (
        "Every user of this machine may write to /srv/chat: "
        f"Have its owner (number 0) run `chmod go-w /srv/chat`, or {ELSEWHERE}"
    )
    assert "Have its owner (number 0) run `chmod g-w" in wrong(
        folder(0o775, owner=ROOT, group=HOUSE)
    )


def test_fs_group_does_not_narrow_what_everybody_may():
    assert "Every user" in wrong(folder(0o2777, owner=ROOT, group=2000))


def test_not_one_of_a_group_that_has_others_in_it():
    assert "Run `chmod g-w /srv/chat`" in wrong(folder(0o770, group=HOUSE))


@pytest.mark.parametrize(("mode", "group"), [(0o777, OF_ADA), (0o770, HOUSE)])
def test_the_commands_can_be_pasted_whatever_the_folder_is_called(mode, group):
    place = Path("/Users/ada/Library/Application Support/fireside")
    check = examine(place, folder(mode, group=group), ADA, lambda found: GROUPS.get(found, set()))
    assert f"-w '{place}'`" in check.remedy
    assert f"--data '{place}/chat'" in check.remedy


def test_not_one_of_another_user():
    assert wrong(folder(0o755, owner=BOB)) == (
        "/srv/chat belongs to another user (number 1001): "
        "Run as that user, or choose another folder with --data."
    )


def test_the_server_does_not_start_there(tmp_path):
    require_own_folder(tmp_path / "not made yet")
    require_own_folder(tmp_path)
    tmp_path.chmod(0o777)
    with pytest.raises(CannotStart, match="chmod go-w") as ending:
        require_own_folder(tmp_path)
    assert ending.value.exit_code == ExitCode.DATA


def test_the_members_of_a_group_are_those_that_the_system_knows():
    assert ROOT in members_of(ROOT)
    assert members_of(4_000_000_000) == set()
