"""A file of secrets: private, whole or not there, and read anew each time."""

import itertools
import os
import stat

import pytest

from fireside.adapters import own_file
from fireside.adapters.secret_file import INVITE, SecretFile, SecretUnusable
from fireside.domain.invite import hash_of


@pytest.fixture
def file(tmp_path):
    secrets = (f"secret-number-{n:08}" for n in itertools.count(1))
    return SecretFile(tmp_path / "data" / "invite", INVITE, lambda: next(secrets))


def names(file):
    return [path.name for path in file.path.parent.iterdir()]


def test_it_is_made_at_first_need_for_its_owner_alone(file):
    secret = file.secret()

    assert secret == "secret-number-00000001"
    assert file.secret() == secret
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    assert file.is_private()
    assert names(file) == ["invite"]


def test_asking_who_may_enter_makes_none(file):
    assert not file.exists()
    assert file.hashes() == frozenset()
    assert not file.exists()


def test_a_new_one_ends_the_old_one_at_once(file):
    running = SecretFile(file.path, INVITE, lambda: "")
    old = file.secret()
    assert running.hashes() == {hash_of(old)}

    new = file.replace()

    assert running.hashes() == {hash_of(new)} != {hash_of(old)}
    assert names(file) == ["invite"]


def test_of_two_who_make_the_first_one_both_give_away_the_same(file):
    def slow():
        other.secret()
        return "the-slower-one-1234567"

    other = file
    slower = SecretFile(file.path, INVITE, slow)

    assert slower.secret() == other.secret() == "secret-number-00000001"


def test_a_file_system_without_links_will_do(file, monkeypatch):
    def no_links(*_):
        raise PermissionError

    monkeypatch.setattr(os, "link", no_links)

    assert file.secret() == file.secret()
    assert names(file) == ["invite"]


def test_it_is_on_the_disk_before_anybody_is_told(file, monkeypatch):
    done = []
    for name in ("fsync", "link", "replace"):
        real = getattr(os, name)

        def noted(*arguments, name=name, real=real):
            done.append(name)
            return real(*arguments)

        monkeypatch.setattr(os, name, noted)

    file.secret()
    file.replace()

    assert done == ["fsync", "link", "fsync", "fsync", "replace", "fsync"]


def test_several_lines_are_several_invites_and_the_first_is_given_away(file):
    file.secret()
    file.path.write_text("a" * 22 + "\n" + "b" * 22 + "\n")

    assert file.secret() == "a" * 22
    assert file.hashes() == {hash_of("a" * 22), hash_of("b" * 22)}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_that_was_saved_on_windows_is_read(file, encoding):
    file.secret()
    file.path.write_bytes(("a" * 22 + "  \r\n" + "b" * 22 + "\t\r\n\r\n").encode(encoding))

    assert file.secret() == "a" * 22
    assert file.hashes() == {hash_of("a" * 22), hash_of("b" * 22)}


@pytest.mark.parametrize(
    "content", ["", "too short", "ü" * 30, "a" * 22 + " ?", "a" * 22 + "\udcff"]
)
def test_a_file_that_holds_something_else_opens_nothing_and_is_not_repeated(file, content, caplog):
    file.secret()
    file.path.write_text(content, "utf-8", "surrogateescape")

    with pytest.raises(SecretUnusable, match="make one with `fireside invite --new`") as caught:
        file.secret()

    assert file.hashes() == frozenset()
    assert "so none is accepted" in caplog.text
    for word in content.split():
        assert word not in str(caught.value)
        assert word not in caplog.text
    file.replace()
    assert file.secret().startswith("secret")


def test_a_folder_in_the_way_is_said(tmp_path, caplog):
    (tmp_path / "invite").mkdir()
    file = SecretFile(tmp_path / "invite", INVITE, lambda: "s" * 22)

    with pytest.raises(SecretUnusable, match="Can't read"):
        file.secret()
    with pytest.raises(SecretUnusable, match="Can't write"):
        file.replace()
    assert file.hashes() == frozenset()
    assert "so none is accepted" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["invite"]


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path):
    (tmp_path / "data").touch()

    with pytest.raises(SecretUnusable, match="choose another with --data"):
        SecretFile(tmp_path / "data" / "invite", INVITE, lambda: "s" * 22).replace()


def test_others_who_may_read_it_are_noticed(file):
    file.secret()
    file.path.chmod(0o640)

    assert not file.is_private()


def test_a_link_in_its_place_is_not_followed_and_is_replaced_by_a_new_one(file, tmp_path):
    file.path.parent.mkdir()
    (tmp_path / "theirs").write_text("a-secret-of-another-user\n")
    file.path.symlink_to(tmp_path / "theirs")

    with pytest.raises(SecretUnusable, match=r"is a symbolic link: .*`fireside invite --new`"):
        file.secret()
    assert file.hashes() == frozenset()

    secret = file.replace()
    assert file.hashes() == {hash_of(secret)}
    assert (tmp_path / "theirs").read_text() == "a-secret-of-another-user\n"


def test_one_that_another_user_put_there_lets_nobody_in(file, monkeypatch):
    file.secret()
    monkeypatch.setattr(os, "geteuid", lambda: file.path.stat().st_uid + 1)
    monkeypatch.setattr(own_file, "_ROOT", -1)

    with pytest.raises(SecretUnusable, match="belongs to another user"):
        file.secret()
    assert file.hashes() == frozenset()
